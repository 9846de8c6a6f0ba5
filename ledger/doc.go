// Package ledger is the record of every act that must be provable later.
//
// The promise: intent before deed. An act writes its entry to the outbox in the
// transaction that makes the act true, so that there is never a deed without an
// entry, nor an entry without its deed. From the outbox, entries become salted
// leaves of a tamper-evident log, whose commitments hold no personal data.
//
// There are two spaces. Ads holds what touches an ordinal, an org or a list;
// Registry holds the rest, and no org ever sees it: its mere growth would tell
// of security contact points.
//
// In reading order: Entry and Outbox, which every other package uses; Record,
// an entry in the outbox; Log and Repository, what the ledger stands on;
// Sequencer, which moves entries from the outbox to the log and survives a
// crash in any gap; Prover, which makes proof files; Verifier, which finds what
// was altered, and says exactly where.
//
// Two things stop the Sequencer for good, and the server is then to start
// contained: the log is ahead of the database (ErrLogAhead: a backup was
// restored), or they contradict each other (ErrTampered). It never mends what
// it does not understand.
//
// docs/formats/ledger.md has the rules; package proof, which shares no code
// with this one, has the formats and checks proofs alone.
package ledger
