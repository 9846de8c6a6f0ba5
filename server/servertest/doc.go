// Package servertest helps the tests of whatever is built on a server: it has
// the server do now what it would do soon, by the means that it has itself.
//
// Drain runs jobs until none is due, as the server does. Match makes single
// attempts, for tests of what goes wrong in one.
package servertest
