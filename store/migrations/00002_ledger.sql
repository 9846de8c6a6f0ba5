-- The outbox becomes the ledger's records. Its rows get salts and commitments,
-- which SQL cannot make: store/migrate_ledger.go runs this file and carries them
-- over, in the same transaction, and drops the outbox.

-- Entries, on their way to the log and for ever after: what it is checked against.
CREATE TABLE ledger_entry (
	space      TEXT    NOT NULL CHECK (space IN ('ads', 'registry')),
	seq        INTEGER NOT NULL CHECK (seq > 0),  -- dense, in commit order
	at         INTEGER NOT NULL,
	kind       TEXT    NOT NULL,
	role       TEXT    NOT NULL,
	actor      TEXT    NOT NULL,
	body       TEXT,                              -- JSON; null once erased
	salt       BLOB,                              -- null once erased
	commitment BLOB    NOT NULL CHECK (length(commitment) = 32),
	PRIMARY KEY (space, seq),
	CHECK (salt IS NULL OR length(salt) = 16),
	CHECK ((body IS NULL) = (salt IS NULL))       -- erased whole or not at all
);

-- What is known of the leaves in the logs.
CREATE TABLE ledger_leaf (
	space TEXT    NOT NULL CHECK (space IN ('ads', 'registry')),
	idx   INTEGER NOT NULL CHECK (idx >= 0),
	first INTEGER NOT NULL CHECK (first > 0),
	last  INTEGER NOT NULL,
	root  BLOB    NOT NULL CHECK (length(root) = 32),
	PRIMARY KEY (space, idx),
	UNIQUE (space, first),
	CHECK (last >= first AND last - first < 4096)
);

-- The last sequence number given in each space. Whoever appends holds the row
-- until the commit, so that the numbers are in commit order.
CREATE TABLE ledger_head (
	space TEXT    PRIMARY KEY,
	given INTEGER NOT NULL
);
INSERT INTO ledger_head (space, given) VALUES ('ads', 0), ('registry', 0);
