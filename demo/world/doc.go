// Package world invents a platform: its people, the prompts they were shown,
// the contact points they gave, the lists that advertisers hold, and what
// people do afterwards. And it keeps the truth of it, so that it can say which
// contact points must be matched.
//
// The promise: the same seed gives the same bytes, at any size and in any order
// of reading; person i is computed from the seed and i alone, so that memory
// does not grow with the number of people. Nobody in it can be reached: e-mail
// addresses stand on reserved domains (RFC 2606, RFC 6761) or, at the Gmail
// domains, carry an invented mark and number such as ".s0000123"; phone numbers
// come only from the ranges that numbering authorities hold back for fiction.
//
// It is the yardstick that the product is measured with, so it shares no code
// with the product: it imports the standard library alone, and decides from
// what it made (Identity, Truth), never by normalising what it reads.
//
// Read World first, then Person and ContactPoint, List and Row, Act, and last
// Members, the oracle. A World is immutable and safe for concurrent use.
package world
