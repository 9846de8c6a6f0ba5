package list

// For tests of the layout of records: tokens that differ in a few chosen bits
// cannot be had through Receive.
var (
	Pack      = pack
	Unpack    = unpack
	SameToken = sameToken
)
