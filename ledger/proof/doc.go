// Package proof verifies that an act is in Selvedge's ledger.
//
// The promise: whoever holds a proof file and a log's public key can check it
// alone, offline, years later, with nothing of the server. The package shares
// no code with the server, which uses it to make what it verifies, and depends
// on the standard library, golang.org/x/mod/sumdb and the module's error type.
//
// From the act to the signature there are four steps, and Verify names the one
// that fails:
//
//	Event       the act as text, with the salt that hides it: its Commitment
//	Leaf        the Merkle root of up to 4,096 commitments, one record of the log
//	tree        the Merkle tree over the log's leaves (RFC 6962)
//	Checkpoint  the tree's size and root, signed (c2sp.org/tlog-checkpoint)
//
// A Bundle is all of it, kept as a c2sp.org/tlog-proof@v1 file.
//
// A commitment is random to whoever lacks the salt. Destroying the salt and the
// event takes a person out of the ledger, and no other proof breaks.
//
// What a proof does not show: that the log was never shown differently to
// somebody else. For that, keep checkpoints, or have witnesses cosign them.
//
// docs/formats/proof.md and docs/formats/ledger.md have the bytes.
package proof
