-- +goose Up

-- The one row that ties a person number, which stands for a person in every
-- count for ever, to an account.
CREATE TABLE person (
	number     INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL UNIQUE
);
INSERT INTO person (number, account_id) SELECT person, id FROM account WHERE person IS NOT NULL;

-- What accounts were before what they are now, each from a time on and in the
-- order in which it was so: two changes may have one time.
CREATE TABLE account_past (
	seq         INTEGER PRIMARY KEY,
	account_id  INTEGER NOT NULL,
	since       INTEGER NOT NULL,
	country     TEXT    NOT NULL,
	age_class   TEXT    NOT NULL,
	state       TEXT    NOT NULL,
	objected_at INTEGER
);
INSERT INTO account_past (seq, account_id, since, country, age_class, state, objected_at)
	SELECT ROW_NUMBER() OVER (ORDER BY at), account_id, at, country, age_class, state, objected_at
	FROM (SELECT h.*, ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY at DESC) AS back FROM account_history h) AS all_of_them
	WHERE back > 1;
CREATE INDEX account_past_account ON account_past (account_id);

CREATE TABLE account_now (
	id          INTEGER PRIMARY KEY,
	platform_id TEXT    NOT NULL UNIQUE,
	country     TEXT    NOT NULL,
	age_class   TEXT    NOT NULL CHECK (age_class IN ('adult', 'minor', 'unknown')),
	active_on   INTEGER,
	state       TEXT    NOT NULL CHECK (state IN ('active', 'deactivated')),
	objected_at INTEGER,
	since       INTEGER NOT NULL        -- is so from then on; active_on apart
);
INSERT INTO account_now (id, platform_id, country, age_class, active_on, state, objected_at, since)
	SELECT id, platform_id, country, age_class, active_on, state, objected_at,
		COALESCE((SELECT MAX(at) FROM account_history h WHERE h.account_id = account.id), 0)
	FROM account;

DROP TABLE account_history;
DROP TABLE account;
ALTER TABLE account_now RENAME TO account;
