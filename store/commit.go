package store

import "github.com/selvedge/selvedge"

// AfterCommit has fn called once tx has committed, by the goroutine that tx
// belongs to, before Update returns. If tx does not commit, it is never called.
// It is for waking whoever waits for what tx wrote, and must not block or use
// the store. Only SQLite needs it, where who waits is in this process.
func AfterCommit(tx selvedge.Tx, fn func()) {
	c := tx.(*sqliteConn)
	c.committed = append(c.committed, fn)
}
