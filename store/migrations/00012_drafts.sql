-- +goose Up

-- Lists that add, remove and replace, and wait in a draft for one seal.
CREATE TABLE list_now (
	id            TEXT    PRIMARY KEY,
	org_id        TEXT    NOT NULL,
	audience_id   TEXT    NOT NULL,
	kind          TEXT    NOT NULL CHECK (kind IN ('add', 'remove', 'replace')),
	state         TEXT    NOT NULL CHECK (state IN ('open', 'accepted', 'matched')),
	draft         INTEGER NOT NULL,      -- that it was sealed with; 0 while open
	report        TEXT    NOT NULL,
	spill_sum     BLOB,
	spill_size    INTEGER,
	sidecar_sum   BLOB,
	sidecar_size  INTEGER,
	sidecar_key   BLOB,                  -- sealed; whoever deletes it destroys the sidecar
	sidecar_epoch INTEGER,
	epoch         INTEGER NOT NULL,      -- of the spill
	rule_set      INTEGER NOT NULL,
	accepted_at   INTEGER NOT NULL,
	sealed_at     INTEGER,
	effective_at  INTEGER NOT NULL,
	expires_at    INTEGER NOT NULL,
	members_sum   BLOB,
	members_size  INTEGER,
	version       INTEGER NOT NULL,      -- of the audience that it first counts in; 0 until matched
	seq           INTEGER NOT NULL UNIQUE, -- the order in which lists count: sealing puts a draft's behind all others
	CHECK ((state = 'matched') = (spill_sum IS NULL)),
	CHECK ((state = 'matched') = (members_sum IS NOT NULL AND version > 0)),
	CHECK ((state = 'open') = (draft = 0)),
	CHECK ((state = 'open') = (sealed_at IS NULL)),
	CHECK ((sidecar_sum IS NULL) = (sidecar_key IS NULL)),
	CHECK (kind <> 'remove' OR sidecar_sum IS NULL)
);
INSERT INTO list_now (id, org_id, audience_id, kind, state, draft, report, spill_sum, spill_size, epoch, rule_set,
		accepted_at, sealed_at, effective_at, expires_at, members_sum, members_size, version, seq)
	SELECT id, org_id, audience_id, 'add', state, ROW_NUMBER() OVER (PARTITION BY audience_id ORDER BY seq), report, spill_sum, spill_size, epoch, rule_set,
		accepted_at, accepted_at, accepted_at, expires_at, members_sum, members_size, version, seq FROM list;
DROP TABLE list;
ALTER TABLE list_now RENAME TO list;
CREATE INDEX list_audience ON list (audience_id);
CREATE INDEX list_unmatched ON list (seq) WHERE state = 'accepted';
CREATE INDEX list_open ON list (audience_id, seq) WHERE state = 'open';
CREATE INDEX list_spill ON list (spill_sum);
CREATE INDEX list_members ON list (members_sum);
CREATE INDEX list_sidecar ON list (sidecar_sum);

-- Versions as what changed since the one before, and whole every so often.
CREATE TABLE version_now (
	audience_id  TEXT    NOT NULL,
	number       INTEGER NOT NULL,
	base         BLOB    NOT NULL,      -- digest of the version before
	digest       BLOB    NOT NULL,      -- of the members
	members_sum  BLOB,
	members_size INTEGER,
	flips_sum    BLOB,                  -- ordinals that are in one of this version and its base
	flips_size   INTEGER,
	added        INTEGER NOT NULL,
	removed      INTEGER NOT NULL,
	position     INTEGER NOT NULL,
	epoch        INTEGER NOT NULL,
	rule_set     INTEGER NOT NULL,
	accepted_at  INTEGER NOT NULL,      -- when the draft was sealed that it is of
	sealed_at    INTEGER NOT NULL,
	publish_at   INTEGER NOT NULL,
	size_step    INTEGER NOT NULL,      -- report.Size.Step
	PRIMARY KEY (audience_id, number),
	CHECK ((members_sum IS NULL) <> (flips_sum IS NULL))
);
INSERT INTO version_now (audience_id, number, base, digest, members_sum, members_size, added, removed, position, epoch, rule_set,
		accepted_at, sealed_at, publish_at, size_step)
	SELECT audience_id, number, base, members_sum, members_sum, members_size, added, removed, position, epoch, rule_set,
		sealed_at, sealed_at, publish_at, size_step FROM audience_version;
DROP TABLE audience_version;
ALTER TABLE version_now RENAME TO audience_version;
CREATE INDEX audience_version_members ON audience_version (members_sum);
CREATE INDEX audience_version_flips ON audience_version (flips_sum);
