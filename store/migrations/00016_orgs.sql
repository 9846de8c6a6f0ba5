-- +goose Up

-- An org may be pending. The rule on its state stands in the table, and a
-- table's rules cannot be changed.
CREATE TABLE org_stated (
	id           TEXT    PRIMARY KEY,
	name         TEXT    NOT NULL,
	legal_entity TEXT    NOT NULL,
	kind         TEXT    NOT NULL CHECK (kind IN ('advertiser', 'partner')),
	state        TEXT    NOT NULL CHECK (state IN ('pending', 'active', 'suspended')),
	created_at   INTEGER NOT NULL,
	created_by   TEXT    NOT NULL,     -- empty for orgs from before it was kept
	seq          INTEGER NOT NULL UNIQUE
);
INSERT INTO org_stated (id, name, legal_entity, kind, state, created_at, created_by, seq)
	SELECT id, name, legal_entity, kind, state, created_at, '', seq FROM org;
DROP TABLE org;
ALTER TABLE org_stated RENAME TO org;

-- What an org's key may be used for, as bits. Keys from before could be used for
-- all that there was.
ALTER TABLE access_key ADD COLUMN scopes INTEGER NOT NULL DEFAULT 0;
UPDATE access_key SET scopes = 15 WHERE role = 3;
CREATE INDEX access_key_org ON access_key (org_id);

-- The terms that orgs accept. The first version is in the program.
CREATE TABLE terms (
	version      INTEGER PRIMARY KEY CHECK (version > 1),
	text         TEXT    NOT NULL,
	sha256       BLOB    NOT NULL CHECK (length(sha256) = 32),
	published_at INTEGER NOT NULL,
	published_by TEXT    NOT NULL
);
CREATE TABLE terms_acceptance (
	org_id      TEXT    NOT NULL,
	version     INTEGER NOT NULL,
	sha256      BLOB    NOT NULL CHECK (length(sha256) = 32), -- of what was accepted
	accepted_at INTEGER NOT NULL,
	role        INTEGER NOT NULL,
	actor       TEXT    NOT NULL,      -- an org's key, or an operator for it
	PRIMARY KEY (org_id, version)
);

-- What people are shown of an audience, as it was proposed and decided.
CREATE TABLE audience_label (
	id          TEXT    PRIMARY KEY,
	audience_id TEXT    NOT NULL,
	org_id      TEXT    NOT NULL,
	text        TEXT    NOT NULL,
	state       TEXT    NOT NULL CHECK (state IN ('pending', 'approved', 'rejected', 'replaced')),
	proposed_at INTEGER NOT NULL,
	proposed_by TEXT    NOT NULL,
	decided_at  INTEGER,
	decided_by  TEXT    NOT NULL,
	seq         INTEGER NOT NULL UNIQUE,
	decided_seq INTEGER UNIQUE,       -- the order of decisions: two may have one time
	CHECK ((state = 'pending') = (decided_at IS NULL)),
	CHECK ((state = 'pending') = (decided_seq IS NULL))
);
CREATE INDEX audience_label_audience ON audience_label (audience_id);
CREATE UNIQUE INDEX audience_label_pending ON audience_label (audience_id) WHERE state = 'pending';
