// Package job is the port for work that outlives a request: what to do, in the
// transaction that makes it necessary, and who does it later.
//
// The promise: a job whose transaction commits is run, also after a crash, until
// a handler says that it is done or that it cannot be; one whose transaction
// does not commit never exists. No two handlers run one job at the same time as
// long as the one that was given up for dead is dead; if it is not, Fence keeps
// it from committing anything.
//
// Reading order: Spec, Status, Queue (the five methods), Handler and Attempt
// (what runs), Decide (what becomes of a job after an attempt). The adapters are
// in store/jobs; package jobtest is their contract as tests.
//
// A job holds no personal data: its arguments are ids, its failure is a code.
package job
