// Package audience is what an org makes of its lists: a named set of contact
// points, kept as the bitmaps of its lists, each with an expiry of its own, and
// as the versions that these made.
//
// The promise: a list that was answered for is matched, also after a crash, and
// once; the lists of a draft come into one version, whole or not at all; what a
// removal names is out of all that came before it; the intent to match is in the
// ledger before the match; a version names the position, key epoch and rule set
// that it was made at; and what an org is told of an audience is a status and one
// published Size.
//
// Reading order: Audience, Draft and Version; Service (what an org asks for:
// Upload, Change, Seal); then what happens as jobs: Matcher, with the algebra in
// algebra.go, removal.go and history.go; Due.
package audience
