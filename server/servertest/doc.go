// Package servertest helps the tests of whatever is built on a server: it has
// the server do now what it would do soon, by the means that it has itself.
package servertest
