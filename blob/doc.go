// Package blob keeps big immutable things: token chunks, list spills, audience
// bitmaps.
//
// The promise: a blob is named by the SHA-256 of its content; once Commit has
// returned, it is durable under that name and never changes; a Writer that was
// not committed leaves nothing; and what Open hands out has been checked
// against its name. A blob counts only once a row in the database names it:
// an unnamed blob is garbage, never truth.
package blob
