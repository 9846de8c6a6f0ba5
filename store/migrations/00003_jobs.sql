-- +goose Up

-- Jobs of an installation on SQLite. On PostgreSQL they are in River's tables,
-- and this one stays empty.
CREATE TABLE job (
	id          INTEGER PRIMARY KEY,
	kind        TEXT    NOT NULL,
	unique_key  TEXT    NOT NULL,       -- '': any number of them
	args        TEXT    NOT NULL,
	state       TEXT    NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
	cancelling  INTEGER NOT NULL CHECK (cancelling IN (0, 1)),
	attempt     INTEGER NOT NULL,
	progress    INTEGER NOT NULL,
	total       INTEGER NOT NULL,
	failure     TEXT    NOT NULL,       -- a code; '': none
	enqueued_at INTEGER NOT NULL,
	due_at      INTEGER NOT NULL,
	ended_at    INTEGER,
	CHECK ((ended_at IS NULL) = (state IN ('waiting', 'running')))
);
CREATE UNIQUE INDEX job_only ON job (kind, unique_key) WHERE unique_key <> '' AND ended_at IS NULL;
CREATE INDEX job_due ON job (kind, due_at, id) WHERE state = 'waiting';
CREATE INDEX job_running ON job (id) WHERE state = 'running';
CREATE INDEX job_ended ON job (ended_at) WHERE ended_at IS NOT NULL;

INSERT INTO counter (name, given) VALUES ('job', 0);

-- Whether the server is contained, for processes that do not have the ledger's
-- logs. They are until a server has said that it is not.
CREATE TABLE verdict (
	one       INTEGER PRIMARY KEY CHECK (one = 1),
	contained INTEGER NOT NULL CHECK (contained IN (0, 1))
);
INSERT INTO verdict (one, contained) VALUES (1, 1);
