// Package report is the one door by which a number about people leaves.
//
// The promise: the only figure an org can see is a Size, one range of a fixed
// ladder or "too small"; nothing but this package makes one from a count, and
// the encoders of org-facing answers take nothing else. A Size is published
// once for each sealed version, at a fixed tick of the clock, so that neither
// the figure nor its time tells about a single person. It counts contact
// points, never people, so that two addresses of one person cannot be told by
// a number (Venkatadri et al., IEEE S&P 2018). Two sets of one legal entity that
// are Near have one Size, and a legal entity is told so many figures in a day and
// in a month: rounding and noise alone give way to whoever asks often enough.
package report
