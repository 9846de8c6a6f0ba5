// Package bench makes the work that the match engine is measured with, runs it
// through the product's own code, and checks the answer against a plain count
// of its own.
//
// The promise: a figure is printed only for an answer that is exact. The work
// is a function of its size alone, so that other engines can be given the same
// (Export), and what is measured is what serves: the list reader, the keys, the
// segments, eligibility. docs/benchmarks.md has the figures.
package bench
