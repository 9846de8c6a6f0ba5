// Package change is the ads change log: what touched an ordinal, an org or a
// list, in commit order.
//
// The promise: positions are handed out in commit order, without gaps, in one
// transaction with what they stand for; whoever has read the log up to a
// position has seen every commit up to it. What touches no ordinal, org or list
// is not in it, so that a security contact point never moves it.
package change
