-- +goose Up

-- What is known of an import beside its rows.
ALTER TABLE import ADD COLUMN sender_key    TEXT    NOT NULL DEFAULT ''; -- the sender's own name for it; '' if it has none
ALTER TABLE import ADD COLUMN bytes         INTEGER NOT NULL DEFAULT 0;  -- of the content
ALTER TABLE import ADD COLUMN bytes_done    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN rows_all      INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN rows_done     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN batches       INTEGER NOT NULL DEFAULT 0;  -- committed, those of every attempt
ALTER TABLE import ADD COLUMN points        INTEGER NOT NULL DEFAULT 0;  -- contact points that it brought
ALTER TABLE import ADD COLUMN grants        INTEGER NOT NULL DEFAULT 0;  -- ordinals that it was given
ALTER TABLE import ADD COLUMN grants_gone   INTEGER NOT NULL DEFAULT 0;  -- of these, taken back
ALTER TABLE import ADD COLUMN report        TEXT    NOT NULL DEFAULT ''; -- '' until it is complete
ALTER TABLE import ADD COLUMN abandoning_at INTEGER;                     -- not null: never completed
ALTER TABLE import ADD COLUMN abandoned_at  INTEGER;                     -- not null: closed

DROP INDEX import_one_open;
CREATE UNIQUE INDEX import_one_open ON import ((1)) WHERE completed_at IS NULL AND abandoned_at IS NULL;
CREATE UNIQUE INDEX import_sender_key ON import (sender_key) WHERE sender_key <> '' AND abandoned_at IS NULL;

-- Of an open import with a key: what its content was up to the end of each batch,
-- as a keyed hash, so that content that was changed is told from where on it was.
CREATE TABLE import_mark (
	import_id INTEGER NOT NULL,
	part      INTEGER NOT NULL CHECK (part IN (1, 2)),
	last_row  INTEGER NOT NULL,
	mark      BLOB    NOT NULL CHECK (length(mark) = 16),
	PRIMARY KEY (import_id, part, last_row)
);
