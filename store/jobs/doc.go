// Package jobs is job.Queue on either engine: Rows on SQLite, where jobs are rows
// that run in the process that has the data folder, and River on PostgreSQL,
// where any number of processes run them. Which one an installation has follows
// from its database.
//
// The promise is package job's. What each adapter adds is in its own comment:
// how many Runs there may be, and when a process that died is found out.
package jobs
