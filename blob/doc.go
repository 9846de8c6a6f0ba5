// Package blob keeps big immutable things: token chunks, list spills, audience
// bitmaps.
//
// The promise: a blob is named by the SHA-256 of its content; once Commit has
// returned, it is durable under that name and never changes; a Writer that was
// not committed leaves nothing; and what Open hands out has been checked
// against its name, all of it, by every call. A blob counts only once a row in
// the database names it: an unnamed blob is garbage, never truth. No row ever
// names a blob that is not there: the one way from a put to a row is
// Collector.Name, and the one way out is the Collector.
//
// Reading order: Store, Dir, then Collector with its proof, Name and Hold.
package blob
