-- +goose Up

-- An alert may be about an org too.
CREATE TABLE alert_now (
	id          INTEGER PRIMARY KEY,
	kind        TEXT    NOT NULL CHECK (kind IN ('adult_to_minor', 'enumeration', 'hardly_matches')),
	account_id  INTEGER,                 -- null if it is about none, or once erased
	raised_at   INTEGER NOT NULL,
	since       INTEGER NOT NULL,        -- by the clock of who knows
	matchable   INTEGER NOT NULL CHECK (matchable >= 0),
	org_id      TEXT    NOT NULL,        -- '' if it is about none
	audience_id TEXT    NOT NULL,        -- of the org
	list_id     TEXT    NOT NULL,        -- '' if the list was refused
	row_count   INTEGER NOT NULL CHECK (row_count >= 0)
);
INSERT INTO alert_now SELECT id, kind, account_id, raised_at, since, matchable, '', '', '', 0 FROM alert;
DROP TABLE alert;
ALTER TABLE alert_now RENAME TO alert;
CREATE INDEX alert_account ON alert (account_id);
