// Package compaction keeps the truth about tokens small: it folds the tokens
// that came one by one, and are rows, into chunks, and writes chunks anew
// without the tokens of people who were erased.
//
// The promise: at every moment each token that counts is in exactly one place,
// a row or a chunk of the manifest. A chunk is named and the rows that went into
// it are deleted in one transaction; whatever else was cut off left a blob that
// no row names. Nothing that is matched changes, but that erased people's
// tokens can no longer be found by anybody.
//
// It takes turns with a rotation of the keys (package rotation): while one is
// under way, rows are folded, and no chunk is taken out of the manifest.
package compaction
