-- +goose Up

-- Objections, with their history: at most one of a kind stands at a time.
CREATE TABLE objection (
	id         INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL,
	scope      TEXT    NOT NULL CHECK (scope IN ('all', 'signal', 'partners', 'org', 'address')),
	org_id     TEXT    NOT NULL,        -- '' unless the scope is org
	handle     BLOB    NOT NULL,        -- empty unless the scope is address
	made_at    INTEGER NOT NULL,
	lifted_at  INTEGER,
	CHECK ((scope = 'org') = (org_id <> '')),
	CHECK ((scope = 'address') = (length(handle) = 16))
);
CREATE UNIQUE INDEX objection_stands ON objection (account_id, scope, org_id, handle) WHERE lifted_at IS NULL;
CREATE INDEX objection_account ON objection (account_id, id);

-- What accounts were and are, in order; only what is an objection counts here.
INSERT INTO objection (id, account_id, scope, org_id, handle, made_at, lifted_at)
	WITH moment AS (
		SELECT account_id, seq, since, objected_at FROM account_past
		UNION ALL
		SELECT id, (SELECT COALESCE(MAX(seq), 0) + 1 FROM account_past), since, objected_at FROM account
	), standing AS (
		SELECT account_id, objected_at, MAX(seq) AS last FROM moment WHERE objected_at IS NOT NULL GROUP BY account_id, objected_at
	)
	SELECT ROW_NUMBER() OVER (ORDER BY s.objected_at, s.account_id), s.account_id, 'all', '', CAST('' AS BLOB), s.objected_at,
		(SELECT m.since FROM moment m WHERE m.account_id = s.account_id AND m.seq > s.last ORDER BY m.seq LIMIT 1)
	FROM standing s;

ALTER TABLE account DROP COLUMN objected_at;
ALTER TABLE account_past DROP COLUMN objected_at;

-- An erased person's ordinals stay, and their person number with them: counts of
-- the past stay exact. What tied them to an account is gone.
CREATE TABLE ads_grant_erasable (
	ordinal    INTEGER PRIMARY KEY,
	contact_id INTEGER,                 -- null once erased
	account_id INTEGER,                 -- null once erased
	person     INTEGER NOT NULL,
	purposes   INTEGER NOT NULL CHECK (purposes <> 0 AND purposes & ~117440512 = 0),
	live       INTEGER NOT NULL CHECK (live & ~purposes = 0),
	expires_at INTEGER NOT NULL,
	import_id  INTEGER NOT NULL,
	CHECK ((contact_id IS NULL) = (account_id IS NULL)),
	CHECK (account_id IS NOT NULL OR live = 0)
);
INSERT INTO ads_grant_erasable SELECT ordinal, contact_id, account_id, person, purposes, live, expires_at, import_id FROM ads_grant;
DROP TABLE ads_grant;
ALTER TABLE ads_grant_erasable RENAME TO ads_grant;
CREATE INDEX ads_grant_account ON ads_grant (account_id);
CREATE UNIQUE INDEX ads_grant_contact ON ads_grant (contact_id);
CREATE INDEX ads_grant_due ON ads_grant (expires_at) WHERE live <> 0;

-- Ordinals of erased people whose tokens are still in chunks.
CREATE TABLE erased_token (
	ordinal   INTEGER PRIMARY KEY,
	erased_at INTEGER NOT NULL
);

-- Keyed hashes of the platform ids of erased accounts: what was given before the
-- erasure does not come back.
CREATE TABLE tombstone (
	mark      BLOB    PRIMARY KEY CHECK (length(mark) = 16),
	erased_at INTEGER NOT NULL
);

-- Which entries of the ledger speak of an account, for as long as it is there.
CREATE TABLE ledger_about (
	account_id INTEGER NOT NULL,
	space      TEXT    NOT NULL,
	seq        INTEGER NOT NULL,
	PRIMARY KEY (account_id, space, seq)
);

-- Numbers are in the ledger, and never come back. That of contact points is the
-- highest at the last erasure, for those that are there give the next.
INSERT INTO counter (name, given) SELECT 'account', COALESCE(MAX(id), 0) FROM account;
INSERT INTO counter (name, given) VALUES ('contact_point', 0);
INSERT INTO counter (name, given) SELECT 'ordinal', COALESCE(MAX(ordinal), 0) FROM ads_grant;
