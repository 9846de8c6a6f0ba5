-- +goose Up

-- Blobs that no row names, on their way out: see blob.Collector. One that is
-- being deleted may not be named.
CREATE TABLE blob_condemned (
	kind  TEXT    NOT NULL,
	sum   BLOB    NOT NULL,
	size  INTEGER NOT NULL,
	state TEXT    NOT NULL CHECK (state IN ('condemned', 'deleting')),
	at    INTEGER NOT NULL,
	PRIMARY KEY (kind, sum)
);
CREATE INDEX blob_condemned_at ON blob_condemned (state, at);

-- While one of these stands, nothing goes from condemned to deleting.
CREATE TABLE blob_hold (
	id         INTEGER PRIMARY KEY,
	expires_at INTEGER NOT NULL
);
INSERT INTO counter (name, given) VALUES ('blob_hold', 0);

-- The collector asks whether any row names a blob.
CREATE INDEX list_spill ON list (spill_sum);
CREATE INDEX list_members ON list (members_sum);
CREATE INDEX audience_version_members ON audience_version (members_sum);
