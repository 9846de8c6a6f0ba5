// Package pgtest gives tests a PostgreSQL server of their own: started once for
// a test binary, in a temporary folder, on a Unix socket alone, and gone when
// the binary ends. Each test gets a schema of its own in it.
//
// Root may not run PostgreSQL, so root's tests run it as another user.
package pgtest
