-- +goose Up

-- Files that arrive in parts: what is durable of them, under keys of their own,
-- until they are used or a day old.
CREATE TABLE upload (
	id         TEXT    PRIMARY KEY,
	org_id     TEXT    NOT NULL,
	length     INTEGER NOT NULL,           -- that was announced
	received   INTEGER NOT NULL DEFAULT 0, -- of which are durable
	parts      INTEGER NOT NULL DEFAULT 0,
	expires_at INTEGER NOT NULL,
	sealed_key BLOB    NOT NULL,
	CHECK (received <= length)
);
CREATE INDEX upload_org ON upload (org_id);
CREATE INDEX upload_expiry ON upload (expires_at);
CREATE TABLE upload_part (
	upload_id TEXT    NOT NULL,
	number    INTEGER NOT NULL,
	length    INTEGER NOT NULL, -- in the clear
	salt      BLOB    NOT NULL CHECK (length(salt) = 16),
	part_sum  BLOB    NOT NULL,
	part_size INTEGER NOT NULL,
	PRIMARY KEY (upload_id, number)
);
CREATE INDEX upload_part_blob ON upload_part (part_sum);

-- Files of drops that became lists: a file is taken once into an audience. Mark and
-- name are keyed hashes, of the content's digest and of the manifest's name.
CREATE TABLE drop_taken (
	audience_id TEXT    NOT NULL,
	mark        BLOB    NOT NULL CHECK (length(mark) = 16),
	name        BLOB    NOT NULL CHECK (length(name) = 16),
	list_id     TEXT    NOT NULL,
	until       INTEGER NOT NULL, -- when the list is over, and the file may come again
	PRIMARY KEY (audience_id, mark)
);
CREATE INDEX drop_taken_until ON drop_taken (until);
