-- +goose Up

-- Keys of tokens, sealed under the key-encryption key.
CREATE TABLE token_key (
	family     INTEGER NOT NULL CHECK (family = 1),
	epoch      INTEGER NOT NULL CHECK (epoch > 0),
	class      INTEGER NOT NULL,
	sealed     BLOB    NOT NULL,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (family, epoch, class)
);

-- Which epoch of keys is in force. No row: keys were never made.
CREATE TABLE key_epoch (
	family     INTEGER PRIMARY KEY CHECK (family = 1),
	epoch      INTEGER NOT NULL CHECK (epoch > 0),
	next_epoch INTEGER NOT NULL,         -- that a rotation is going to; 0: none is under way
	CHECK (next_epoch = 0 OR next_epoch = epoch + 1)
);

-- The chunk whose place this one takes when the rotation ends. Null: it counts.
ALTER TABLE chunk ADD COLUMN replaces BLOB;
CREATE UNIQUE INDEX chunk_replaces ON chunk (replaces) WHERE replaces IS NOT NULL;
