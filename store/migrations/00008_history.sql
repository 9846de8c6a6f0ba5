-- +goose Up

-- What an account was, in the order in which it was so: two changes may have one
-- time.
CREATE TABLE account_past (
	seq         INTEGER PRIMARY KEY,
	account_id  INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	country     TEXT    NOT NULL,
	age_class   TEXT    NOT NULL,
	state       TEXT    NOT NULL,
	objected_at INTEGER
);
INSERT INTO account_past (seq, account_id, at, country, age_class, state, objected_at)
	SELECT ROW_NUMBER() OVER (ORDER BY at), account_id, at, country, age_class, state, objected_at FROM account_history;
DROP TABLE account_history;
ALTER TABLE account_past RENAME TO account_history;
CREATE INDEX account_history_account ON account_history (account_id);
