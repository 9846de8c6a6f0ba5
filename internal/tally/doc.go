// Package tally finds the distinct among more keys than fit in memory: for each
// the least place at which it stands, and how often it stands there.
//
// Keys are random numbers of 128 bits, as tokens are, so their first bits
// divide them evenly: each part is settled in the processor's cache and nothing
// is sorted.
//
// The promise: the answer is exact and complete, or it ends with an error. A
// disk that loses or changes bytes never makes a shorter answer: each run
// carries its checksum in memory. Nothing is left on disk: the temporary file
// has no name from the moment it exists. Keys that repeat cost no more memory
// and no more disk than the distinct ones do.
package tally
