// Package match is the one gate where a list meets people.
//
// The promise: a contact point comes out only if one of its tokens is in the
// list and it is eligible for an ads.* purpose at the position of the index.
// Nothing else can come out: Run takes an *index.Ads, which holds only tokens
// of contact points that were given for advertising, and it applies eligibility
// itself. The answer depends on the set of tokens alone, not on how often or in
// which order the list had them, nor on how the index was cut into chunks.
//
// It refuses an actor who may not ask, an index that is missing, and a list
// whose tokens were made with other keys or rules, or are fewer than it says: a
// wrong key or a lost row would look like a small match. What comes out is
// valid at one position; every later use takes And with the eligibility that it
// needs, at its own.
package match
