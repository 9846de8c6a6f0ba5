// Package kernel has the innermost loops of a match: reading hashes and making
// tokens. Each is written twice, once in plain Go and once with vector
// instructions (AVX-512), which a binary has if it is built with
// GOEXPERIMENT=simd for amd64, and uses if the processor has them.
//
// The promise: both ways give the same bytes for every input. Nothing but speed
// depends on which one runs, and Vectors says which one does.
package kernel

// Size is the length of a token and of a cipher block in bytes.
const Size = 16

// Vectors says whether the vector instructions are in use.
func Vectors() bool { return vectors }
