// Package fakeclock is a clock that stands still until it is moved.
//
// The promise: with it, ticks, expiries and deadlines are tested by saying what
// time it is, and no test waits. It is for tests and for the parts of the
// product that replay a world.
package fakeclock
