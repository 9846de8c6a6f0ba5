// Package arch reads the repository as a tree of files and checks the lines
// that are drawn in it: who may import whom, which package may touch keys,
// clocks and randomness, how long a file may be, and whether the documents
// still point at what is there.
//
// The promise: a line that is broken fails a test, and the failure names the
// file, the line and the offender. Every rule is also run over small made-up
// trees that break it, so that a rule which has stopped working fails too.
//
// Reading order: Table (the layers), Tree (what is read), Rules (what is
// checked). Exceptions stand in the tables, each with its reason; there is no
// other way to make one.
package arch
