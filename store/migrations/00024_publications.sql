-- +goose Up

-- Figures that orgs were told, one for each sealed version that was charged.
CREATE TABLE publication (
	id           INTEGER PRIMARY KEY,
	entity       TEXT    NOT NULL,     -- the legal entity of the org, which has one budget
	audience_id  TEXT    NOT NULL,
	version      INTEGER NOT NULL,
	at           INTEGER NOT NULL,
	size_step    INTEGER NOT NULL,     -- report.Size.Step
	members_sum  BLOB,                 -- of the set, if the figure is its own
	members_size INTEGER,
	members      INTEGER,
	UNIQUE (audience_id, version),
	CHECK ((members_sum IS NULL) = (members IS NULL)),
	CHECK ((members_sum IS NULL) = (members_size IS NULL))
);
CREATE INDEX publication_entity ON publication (entity, at);
CREATE INDEX publication_own ON publication (entity, members);
CREATE INDEX publication_members ON publication (members_sum);

-- When the figure of a version was told, and when there can be another if it is an
-- older one because the budget was spent.
ALTER TABLE audience_version ADD COLUMN size_at INTEGER;
ALTER TABLE audience_version ADD COLUMN size_due INTEGER;
UPDATE audience_version SET size_at = publish_at;
INSERT INTO counter (name, given) VALUES ('publication', 0);
