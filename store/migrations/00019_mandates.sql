-- +goose Up

-- An org's word that another org, an agency, may act for it.
CREATE TABLE mandate (
	id         TEXT    PRIMARY KEY,
	org_id     TEXT    NOT NULL,
	agency_id  TEXT    NOT NULL,     -- need not be an org: granting tells nobody which orgs there are
	scopes     INTEGER NOT NULL,
	granted_at INTEGER NOT NULL,
	granted_by TEXT    NOT NULL,     -- the public part of the org's key
	expires_at INTEGER NOT NULL,
	ended_at   INTEGER,
	ended_role INTEGER NOT NULL,     -- 0 while it stands
	ended_by   TEXT    NOT NULL,
	seq        INTEGER NOT NULL UNIQUE,
	CHECK (org_id <> agency_id),
	CHECK ((ended_at IS NULL) = (ended_role = 0))
);
CREATE INDEX mandate_org ON mandate (org_id);
CREATE INDEX mandate_agency ON mandate (agency_id);
