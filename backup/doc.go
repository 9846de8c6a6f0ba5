// Package backup copies an installation while it runs, and makes one from such a
// copy, on either engine.
//
// The promise: a backup is one moment of the whole: the database, every blob that
// it names, and the ledger as it then was. What is cut off is no backup and says
// so, and a byte that changed is found before anything starts from it. The
// installation's secrets are in no backup.
//
// docs/formats/backup.md has the layout.
package backup
