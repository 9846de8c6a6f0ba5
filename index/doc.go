// Package index is what a list is matched against: the tokens of contact points
// that were given for advertising, and who of them is eligible.
//
// The promise: a match takes an Ads and nothing else, and NewAds is the only
// way to one. It refuses whatever is not of the family token.Ads, whatever was
// made under different keys or rules, and an index that lacks a form class: a
// smaller index would look like a smaller audience. An Ads never changes, and
// names the position that its eligibility is valid at.
//
// Segments are derived from chunks (package token) and can be made again at any
// time; there is one for each form class. What came since, and is rows, stands
// beside them in memory, and a list meets it in the same pass.
package index
