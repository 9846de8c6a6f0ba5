// Package drop takes lists from a folder, for senders that put files somewhere and
// cannot speak HTTP.
//
// The promise: a file becomes a list only if its manifest is there, its SHA-256 and
// its rows are those of the manifest, and the same content was not taken into the
// audience before; it becomes one exactly once, whatever is killed in between; and
// it goes through the same service, the same checks and the same ledger entry as
// an upload. What became of it lies beside the manifest as a report, refusals too,
// without a value, and then the file is gone.
//
// Nothing outside an org's own folder is ever opened: folders are entered through
// os.Root, and what is no regular file is refused. Logs name orgs, audiences and
// lists, never files, whose names are the sender's words.
//
// Reading order: manifest, Report, Service; docs/drops.md for the sender's view.
package drop
