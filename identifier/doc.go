// Package identifier turns an e-mail address or a phone number, as people and
// advertisers write them, into the canonical forms whose hashes are matched.
//
// Senders hash without salt and disagree about Gmail dots, tags, the "+" before
// a phone number and white space; and a hash cannot be normalised again. So a
// contact point is indexed under every canonical form that a documented sender
// would produce (Contact), while a list's cell is looked up as what it is, or,
// in the clear, under the most collapsed form (Read). The rules are E0 to E5, P0
// and P1, and the decisions D1 to D12; docs/identifiers.md states each.
//
// The promise: what is not understood is refused with a Reason, never guessed;
// no rule may join two mailboxes that different people could own; and no value
// leaves through an error, a log or a report.
//
// The package is pure: no state, and no input or output but the two streams that
// Identify is given. Everything in it is safe for concurrent use.
package identifier
