// Package rotation takes every token from one epoch of keys to the next.
//
// The promise. A rotation can be cut off at any moment and is brought to its
// end by asking for it again; no token is lost or doubled. Matching and imports
// go on while it runs, on the epoch that is in force: nothing of the next one
// is matched before all of it is there, and then everything changes over in one
// transaction. Nothing that an org can see depends on it. An epoch's keys are
// destroyed once nothing is left that only they can read, and what they had
// made is refused loudly from then on.
//
// Tokens are encrypted hashes, so a rotation needs no address: each is
// decrypted and encrypted again (token.Conversion). Who holds an old key and an
// old backup can still read that backup; docs/operating.md says what a
// destroyed key is worth.
package rotation
