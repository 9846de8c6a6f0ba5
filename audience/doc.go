// Package audience is what an org makes of its lists: a named set of contact
// points, kept as the bitmaps of its lists, each with an expiry of its own.
//
// The promise: a list that was answered for is matched, also after a crash, and
// once; the intent to match is in the ledger before the match; a version names
// the position, key epoch and rule set that it was made at; and what an org is
// told of an audience is a status and one published Size.
//
// Reading order: Audience, Version, Service (what an org asks for), Matcher
// (what happens then, as a job).
package audience
