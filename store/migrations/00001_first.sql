-- +goose Up

-- Times are microseconds since 1970, UTC. Bit sets are purpose.Set.

CREATE TABLE prompt (
	ref               INTEGER PRIMARY KEY,
	id                TEXT    NOT NULL,
	version           INTEGER NOT NULL,
	registered_at     INTEGER,          -- null: met in an import, not in the register
	surface           TEXT    NOT NULL DEFAULT '',
	legal_basis       TEXT    NOT NULL DEFAULT '',
	purposes          INTEGER NOT NULL DEFAULT 0,
	ads_expiry_months INTEGER NOT NULL DEFAULT 0,
	texts             TEXT    NOT NULL DEFAULT '[]',
	approved_by       TEXT    NOT NULL DEFAULT '[]',
	UNIQUE (id, version),
	-- sec.* (bits 1 to 5) and ads.* (bits 24 to 26) never stand in one prompt.
	CHECK (purposes & 62 = 0 OR purposes & 117440512 = 0),
	CHECK (registered_at IS NOT NULL OR purposes = 0)
);

CREATE TABLE account (
	id          INTEGER PRIMARY KEY,
	platform_id TEXT    NOT NULL UNIQUE,
	country     TEXT    NOT NULL,
	age_class   TEXT    NOT NULL CHECK (age_class IN ('adult', 'minor', 'unknown')),
	active_on   INTEGER,
	state       TEXT    NOT NULL CHECK (state IN ('active', 'deactivated')),
	objected_at INTEGER,
	person      INTEGER UNIQUE          -- null until the first ordinal
);

-- What an account was at any time: impact judges at that instant.
CREATE TABLE account_history (
	account_id  INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	country     TEXT    NOT NULL,
	age_class   TEXT    NOT NULL,
	state       TEXT    NOT NULL,
	objected_at INTEGER
);
CREATE INDEX account_history_account ON account_history (account_id);

CREATE TABLE contact_point (
	id          INTEGER PRIMARY KEY,
	account_id  INTEGER NOT NULL,
	kind        INTEGER NOT NULL CHECK (kind IN (1, 2)),
	handle      BLOB    NOT NULL,
	prompt      INTEGER NOT NULL,
	given_at    INTEGER NOT NULL,
	verified_at INTEGER,
	verified_by TEXT    NOT NULL,
	purposes    INTEGER NOT NULL,       -- as the prompt stood then; never updated
	mask        BLOB,
	import_id   INTEGER NOT NULL,
	UNIQUE (account_id, handle, prompt, given_at)
);

-- One row for each ordinal. A purpose's bit goes out of live once, for good.
CREATE TABLE ads_grant (
	ordinal    INTEGER PRIMARY KEY,
	contact_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	person     INTEGER NOT NULL,
	purposes   INTEGER NOT NULL CHECK (purposes <> 0 AND purposes & ~117440512 = 0),
	live       INTEGER NOT NULL CHECK (live & ~purposes = 0),
	expires_at INTEGER NOT NULL,
	import_id  INTEGER NOT NULL
);
CREATE INDEX ads_grant_account ON ads_grant (account_id);
CREATE UNIQUE INDEX ads_grant_contact ON ads_grant (contact_id);
CREATE INDEX ads_grant_due ON ads_grant (expires_at) WHERE live <> 0;

-- Sequences whose numbers are never given twice, whatever is deleted.
CREATE TABLE counter (
	name  TEXT    PRIMARY KEY,
	given INTEGER NOT NULL
);
INSERT INTO counter (name, given) VALUES ('person', 0);

CREATE TABLE grant_end (
	contact_id INTEGER NOT NULL,
	purpose    INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	reason     TEXT    NOT NULL CHECK (reason IN ('withdrawn', 'expired')),
	PRIMARY KEY (contact_id, purpose)
);

CREATE TABLE import (
	id            INTEGER PRIMARY KEY,
	digest        BLOB    NOT NULL,
	begun_at      INTEGER NOT NULL,
	first_ordinal INTEGER NOT NULL,     -- ordinals that it brings are not below
	completed_at  INTEGER               -- null: nothing that it brings can be matched
);
CREATE UNIQUE INDEX import_one_open ON import ((1)) WHERE completed_at IS NULL;

-- The manifest: the token chunks that count.
CREATE TABLE chunk (
	sum       BLOB    PRIMARY KEY,
	size      INTEGER NOT NULL,
	family    INTEGER NOT NULL CHECK (family = 1),
	class     INTEGER NOT NULL,
	epoch     INTEGER NOT NULL,
	rule_set  INTEGER NOT NULL,
	entries   INTEGER NOT NULL,
	import_id INTEGER NOT NULL
);

-- Derived from chunks: what is here can be deleted and is built again.
CREATE TABLE segment (
	class  INTEGER PRIMARY KEY,
	source BLOB    NOT NULL,            -- digest of the chunks that it merges
	sum    BLOB    NOT NULL,
	size   INTEGER NOT NULL
);

CREATE TABLE change_ads (
	position INTEGER PRIMARY KEY,       -- the last of the range
	first    INTEGER NOT NULL,
	at       INTEGER NOT NULL,
	kind     TEXT    NOT NULL,
	purposes INTEGER NOT NULL,
	subject  TEXT    NOT NULL,
	ordinals BLOB                       -- roaring, null for org and list
);

-- Entries on their way to the ledger.
CREATE TABLE outbox (
	id    INTEGER PRIMARY KEY,
	space TEXT    NOT NULL CHECK (space IN ('ads', 'registry')),
	at    INTEGER NOT NULL,
	kind  TEXT    NOT NULL,
	role  TEXT    NOT NULL,
	actor TEXT    NOT NULL,
	body  TEXT    NOT NULL
);

CREATE TABLE org (
	id           TEXT    PRIMARY KEY,
	name         TEXT    NOT NULL,
	legal_entity TEXT    NOT NULL,
	kind         TEXT    NOT NULL CHECK (kind IN ('advertiser', 'partner')),
	state        TEXT    NOT NULL CHECK (state IN ('active', 'suspended')),
	created_at   INTEGER NOT NULL,
	seq          INTEGER NOT NULL UNIQUE
);

CREATE TABLE access_key (
	public     TEXT    PRIMARY KEY,
	hash       BLOB    NOT NULL,
	role       INTEGER NOT NULL,
	org_id     TEXT    NOT NULL,
	name       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
);

-- How many ids of a prefix an org was given.
CREATE TABLE id_stream (
	org_id TEXT    NOT NULL,
	prefix TEXT    NOT NULL,
	given  INTEGER NOT NULL,
	PRIMARY KEY (org_id, prefix)
);

CREATE TABLE audience (
	id         TEXT    PRIMARY KEY,
	org_id     TEXT    NOT NULL,
	name       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	seq        INTEGER NOT NULL UNIQUE
);
CREATE INDEX audience_org ON audience (org_id);

CREATE TABLE list (
	id           TEXT    PRIMARY KEY,
	org_id       TEXT    NOT NULL,
	audience_id  TEXT    NOT NULL,
	state        TEXT    NOT NULL CHECK (state IN ('accepted', 'matched')),
	report       TEXT    NOT NULL,
	spill_sum    BLOB,
	spill_size   INTEGER,
	epoch        INTEGER NOT NULL,
	rule_set     INTEGER NOT NULL,
	accepted_at  INTEGER NOT NULL,
	expires_at   INTEGER NOT NULL,
	members_sum  BLOB,
	members_size INTEGER,
	version      INTEGER NOT NULL,      -- of the audience that it first counts in; 0 until matched
	seq          INTEGER NOT NULL UNIQUE,
	CHECK ((state = 'accepted') = (spill_sum IS NOT NULL)),
	CHECK ((state = 'matched') = (members_sum IS NOT NULL AND version > 0))
);
CREATE INDEX list_audience ON list (audience_id);
CREATE INDEX list_unmatched ON list (seq) WHERE state = 'accepted';

CREATE TABLE audience_version (
	audience_id  TEXT    NOT NULL,
	number       INTEGER NOT NULL,
	base         BLOB    NOT NULL,
	members_sum  BLOB    NOT NULL,
	members_size INTEGER NOT NULL,
	added        INTEGER NOT NULL,
	removed      INTEGER NOT NULL,
	position     INTEGER NOT NULL,
	epoch        INTEGER NOT NULL,
	rule_set     INTEGER NOT NULL,
	sealed_at    INTEGER NOT NULL,
	publish_at   INTEGER NOT NULL,
	size_step    INTEGER NOT NULL,      -- report.Size.Step
	PRIMARY KEY (audience_id, number)
);
