-- +goose Up

-- Versions in the order in which they came to be, of all audiences: whoever keeps
-- something beside them reads on from where it was.
ALTER TABLE audience_version ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
UPDATE audience_version SET seq = r.place FROM (
	SELECT audience_id AS a, number AS n, ROW_NUMBER() OVER (ORDER BY sealed_at, audience_id, number) AS place FROM audience_version
) r WHERE r.a = audience_id AND r.n = number;
CREATE UNIQUE INDEX audience_version_seq ON audience_version (seq);

-- Whether an audience has a list that is not over yet.
CREATE INDEX list_expiry ON list (audience_id, expires_at) WHERE kind <> 'remove';

-- How far an audience is: lists by version, and versions that are not published.
CREATE INDEX list_version ON list (audience_id, version);
CREATE INDEX audience_version_publish ON audience_version (audience_id, publish_at);

-- Lists of an audience in the order in which they came, which never changes: seq
-- is that in which they count, and a seal moves it.
ALTER TABLE list ADD COLUMN came INTEGER NOT NULL DEFAULT 0;
UPDATE list SET came = seq;
CREATE UNIQUE INDEX list_came ON list (audience_id, came);
