-- +goose Up

-- Tokens of contact points that came by events: truth, like chunks, until
-- compaction has put them into one.
CREATE TABLE token_row (
	seq      INTEGER PRIMARY KEY,
	family   INTEGER NOT NULL CHECK (family = 1),
	class    INTEGER NOT NULL,
	epoch    INTEGER NOT NULL CHECK (epoch > 0),
	rule_set INTEGER NOT NULL CHECK (rule_set > 0),
	token    BLOB    NOT NULL CHECK (length(token) = 16),
	ordinal  INTEGER NOT NULL CHECK (ordinal > 0)
);
CREATE INDEX token_row_ordinal ON token_row (ordinal);
INSERT INTO counter (name, given) VALUES ('token_row', 0);
-- How often rows were deleted or changed: who holds a copy of them reads them
-- anew.
INSERT INTO counter (name, given) VALUES ('token_row_gone', 0);

-- What ended for all that an account gave of an address up to a time, whenever
-- it comes to be known: a yes from before it is over when it arrives.
CREATE TABLE address_end (
	account_id INTEGER NOT NULL,
	handle     BLOB    NOT NULL CHECK (length(handle) = 16),
	at         INTEGER NOT NULL,        -- the latest
	reason     TEXT    NOT NULL CHECK (reason IN ('withdrawn', 'control_lost')),
	purposes   INTEGER NOT NULL,
	PRIMARY KEY (account_id, handle, reason, purposes)
);

-- A grant may end because its person lost control of the address. The rule on
-- reasons stands in the table, and a table's rules cannot be changed.
CREATE TABLE grant_end_now (
	contact_id INTEGER NOT NULL,
	purpose    INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	reason     TEXT    NOT NULL CHECK (reason IN ('withdrawn', 'expired', 'control_lost')),
	PRIMARY KEY (contact_id, purpose)
);
INSERT INTO grant_end_now SELECT contact_id, purpose, at, reason FROM grant_end;
DROP TABLE grant_end;
ALTER TABLE grant_end_now RENAME TO grant_end;

-- Since when, by the platform's clock, age class and state are what they are;
-- null: since the account is as it is.
ALTER TABLE account ADD COLUMN age_at INTEGER;
ALTER TABLE account ADD COLUMN state_at INTEGER;

-- What the data-protection office is to look at.
CREATE TABLE alert (
	id         INTEGER PRIMARY KEY,
	kind       TEXT    NOT NULL CHECK (kind IN ('adult_to_minor')),
	account_id INTEGER,                 -- null once erased
	raised_at  INTEGER NOT NULL,
	since      INTEGER NOT NULL,        -- by the platform's clock
	matchable  INTEGER NOT NULL CHECK (matchable >= 0)
);
CREATE INDEX alert_account ON alert (account_id);
INSERT INTO counter (name, given) VALUES ('alert', 0);
