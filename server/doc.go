// Package server puts the parts together on the embedded default: SQLite and a
// directory. It decides nothing; it is where the adapters meet the domains.
//
// The promise: a folder that is not complete, a root secret that others can
// read, or a missing setting refuses to open. One server at a time matches in a
// folder; commands may work on it beside the server, because SQLite orders
// their transactions and the server reads the change log before it matches.
package server
