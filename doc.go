// Package selvedge is the vocabulary that every other package of Selvedge
// shares: who acts (Actor), what went wrong (Error and its Code), what things
// are called (the typed ids), where time and randomness come from (Clock,
// Entropy), and how one transaction crosses packages (Tx, Transactor).
//
// Selvedge lets a platform offer tailored and partner audiences, and is built
// so that a contact point that was not given for advertising can never be
// matched. The promise, in one sentence: delete every contact point that was
// never given for advertising, and nothing an advertiser or partner can see,
// and no ad anyone is shown, changes by one byte.
//
// Two rules hold everywhere. Deny is the zero value: the zero Actor may do
// nothing, the zero purpose matches nothing. And authority is an argument:
// who asks, and for which purpose, stands in the signature, never in a
// context.
//
// The package depends on the standard library alone and does nothing itself;
// see ARCHITECTURE.md for the tour.
package selvedge
