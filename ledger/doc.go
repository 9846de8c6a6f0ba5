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
package ledger
