// Package ledgertest has what tests of the ledger share: the contracts of
// ledger.Log and ledger.Repository as suites, and both in memory, with faults.
//
// Every sentence of those contracts has a case. The fakes pass the suites, so
// what is proved over them holds for whatever else passes.
package ledgertest
