-- +goose Up

-- Requests of orgs under idempotency keys, and what they were answered.
CREATE TABLE org_request (
	org_id  TEXT    NOT NULL,
	key     BLOB    NOT NULL CHECK (length(key) = 16),  -- a keyed hash
	what    BLOB    NOT NULL CHECK (length(what) = 32), -- digest of method, path and query
	until   INTEGER NOT NULL,                           -- when it is forgotten
	body    BLOB,                                       -- digest of the body; null while under way
	status  INTEGER,
	answer  BLOB,
	PRIMARY KEY (org_id, key),
	CHECK ((body IS NULL) = (status IS NULL)),
	CHECK ((body IS NULL) = (answer IS NULL))
);
CREATE INDEX org_request_until ON org_request (until);
