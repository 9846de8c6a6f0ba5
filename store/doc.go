// Package store keeps everything that is true in SQL: it implements the small
// repository interfaces of the domains, and the transactions that cross them.
//
// The promise: a transaction that committed is durable (write-ahead log,
// synchronous=FULL); transactions are serialisable, because there is one writer;
// texts compare byte for byte, and times keep their microseconds. Constraints
// in the schema are the last guard of the rules that the domains keep.
//
// Reading order: Open, DB, then a file for each domain.
package store
