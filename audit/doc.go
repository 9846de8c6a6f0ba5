// Package audit asks a running installation, from outside, what it lets an
// advertiser find out about people.
//
// The promise: an audit speaks HTTP alone, with two identities, that of a sender
// of lists and that of the platform's office. It knows who is on the platform,
// because it brought them, and does what published attacks did (Venkatadri et
// al., IEEE S&P 2018 and PETS 2019; Faizullabhoy and Korolova, 2018): lists that
// differ in one row, bisection, averaging, joins, digits, padding. What it observed
// is in the Report, with what it expected; nothing is passed that was not looked
// at. A step that waits for a part of the product that is not there says so, and
// fails the profile Full.
//
// Run does it, on an installation of its own whose clock it moves. Steps are what
// it does, in order. A Report is signed, and Verify checks it without a server.
package audit
