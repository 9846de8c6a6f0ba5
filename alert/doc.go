// Package alert keeps what the platform's data-protection office is to look at.
//
// The promise: an alert is kept, and entered in the ledger, in the transaction of
// what it is about; whoever reads alerts is entered as well, before anything is
// shown; and nothing that an org can see depends on whether there is one.
package alert
