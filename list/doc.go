// Package list reads an org's list: a CSV upload of e-mail addresses and phone
// numbers, in the clear or hashed.
//
// A list is read once, as a stream, in bounded memory. Each identifier becomes
// keyed tokens while it arrives; at the end the tokens are sealed, sorted and
// without repeats, into a spill that the match reads, with an exact Report.
//
// The promise: columns that hold no identifier are dropped at the reader and
// are copied nowhere; no value, and no hash as it came in, is kept, logged or
// put into an error; every row and every identifier is counted in exactly one
// of used, empty, duplicate and refused; and an upload that fails leaves
// nothing behind. Nothing here depends on who is on the platform.
//
// docs/lists.md says what an advertiser may send.
package list
