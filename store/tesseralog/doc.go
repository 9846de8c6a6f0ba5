// Package tesseralog keeps a ledger's log with Tessera on a local file system.
//
// The promise is that of ledger.Log: what Add has returned for is on disk, and
// no leaf is added twice, also if whoever added it went away before the answer.
// The folder is a log in the form of c2sp.org/tlog-tiles: a web server that
// serves it as files serves the log. It needs a local file system such as ext4
// or ZFS; NFS has not the locks and renames that it stands on.
//
// Open refuses a folder that is another log's, one that another process has,
// and one that has less than it once signed for: a log that signs twice for
// different leaves at one place has lost what it is for.
//
// There is one leaf to a batch, because the sequencer decides on the next leaf
// only when the one before is recorded: waiting for more would be waiting for
// nothing. Witnesses are not asked here: one that is away would hold up every
// checkpoint.
package tesseralog
