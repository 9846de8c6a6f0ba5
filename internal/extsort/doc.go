// Package extsort sorts more fixed-size records than fit in memory.
//
// The promise: what was added comes out, in order and complete, or the
// sequence ends with an error. A disk that loses or changes bytes never makes a
// shorter answer: each run carries its length and checksum in memory. The
// records are tokens and ordinals, so nothing of them is left on disk: the
// temporary file has no name from the moment it exists.
package extsort
