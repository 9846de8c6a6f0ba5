// Package org is about the advertisers and data partners that bring lists, and
// about the keys by which they, the platform's systems and its operators are
// known.
//
// The promise: a key is shown once and kept only as a hash; it is looked up by
// its public part and compared in constant time; and a key that is unknown,
// expired, revoked or of a suspended org is refused with one and the same
// answer. All keys of one operator's name are one operator's, and a name is
// written in one way. An org is made by one operator and approved by another,
// brings nothing before it has accepted the terms that are in force, and is
// stopped in one transaction; its keys have scopes, none by default. Ids that an org sees come from a stream of its own
// (Stream), so that they tell nothing about any other org.
package org
