// Package api is the door for programs: HTTP and JSON under /v1.
//
// The promise: it translates and decides nothing. Every route names the roles
// that may use it; errors are problem documents (RFC 9457) that name field, row
// and reason and never echo a value; what an org is told is encoded from types
// that cannot hold a count of people. Another org's id is answered like one that
// does not exist.
//
// Reading order: New (the routes), then a file for each resource.
package api
