// Package store keeps everything that is true in SQL: it implements the small
// repository interfaces of the domains, and the transactions that cross them.
//
// The promise, on SQLite and on PostgreSQL alike: a transaction that committed
// is durable (write-ahead log, synchronous); transactions are serialisable,
// because there is one writer at a time; texts compare byte for byte, and times
// keep their microseconds. Constraints in the schema are the last guard of the
// rules that the domains keep.
//
// There is one SQL text. What differs between the two is in sqlite.go,
// postgres.go and migrate.go, and nowhere else.
//
// Reading order: DB, the two engines, then a file for each domain.
package store
