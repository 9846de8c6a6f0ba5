// Package delimited reads text whose rows are lines and whose cells a separator
// keeps apart (RFC 4180), in blocks that several goroutines can read at once.
//
// A Splitter cuts a stream into blocks of whole rows, a Scanner reads the rows of
// a block. Well-formed text means what it means to encoding/csv. Beyond that, a
// carriage return by itself ends a row too, a row whose quotes cannot be read is
// reported and ends with its line, and blank lines are counted and not hidden.
//
// The promise: memory is bounded whatever the stream holds, cells that nobody
// asks for are not copied, and the rows are the same however the stream arrives.
package delimited
