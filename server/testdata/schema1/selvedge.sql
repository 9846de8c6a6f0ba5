BEGIN TRANSACTION;
CREATE TABLE access_key (
	public     TEXT    PRIMARY KEY,
	hash       BLOB    NOT NULL,
	role       INTEGER NOT NULL,
	org_id     TEXT    NOT NULL,
	name       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
);
INSERT INTO "access_key" VALUES('a9b062af32eddd98',X'C67D04106550C844A43F72C1A6FF4B9065B27B0FA6346523401208E3B7457A37',3,'org_ykbqbvh2thqbbos5o7njsbln','first',1773480413000000,1805102813000000);
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
INSERT INTO "account" VALUES(1,'account-0','GB','adult',NULL,'active',NULL,1);
INSERT INTO "account" VALUES(2,'account-1','GB','adult',NULL,'active',NULL,2);
INSERT INTO "account" VALUES(3,'account-2','GB','adult',NULL,'active',NULL,3);
CREATE TABLE account_history (
	account_id  INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	country     TEXT    NOT NULL,
	age_class   TEXT    NOT NULL,
	state       TEXT    NOT NULL,
	objected_at INTEGER
);
INSERT INTO "account_history" VALUES(1,1773480413000000,'GB','adult','active',NULL);
INSERT INTO "account_history" VALUES(2,1773480413000000,'GB','adult','active',NULL);
INSERT INTO "account_history" VALUES(3,1773480413000000,'GB','adult','active',NULL);
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
INSERT INTO "ads_grant" VALUES(1,1,1,1,16777216,16777216,1806537600000000,1);
INSERT INTO "ads_grant" VALUES(2,2,1,1,16777216,16777216,1806537600000000,1);
INSERT INTO "ads_grant" VALUES(3,3,2,2,16777216,16777216,1806537600000000,1);
INSERT INTO "ads_grant" VALUES(4,4,2,2,16777216,16777216,1806537600000000,1);
INSERT INTO "ads_grant" VALUES(5,5,3,3,16777216,16777216,1806537600000000,1);
INSERT INTO "ads_grant" VALUES(6,6,3,3,16777216,16777216,1806537600000000,1);
CREATE TABLE audience (
	id         TEXT    PRIMARY KEY,
	org_id     TEXT    NOT NULL,
	name       TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	seq        INTEGER NOT NULL UNIQUE
);
INSERT INTO "audience" VALUES('aud_chdfyjv2xzwou5z3vwwalo3v','org_ykbqbvh2thqbbos5o7njsbln','Customers',1773480413000000,1);
INSERT INTO "audience" VALUES('aud_kwch6y4dbj266tbjmcqsy4um','org_ykbqbvh2thqbbos5o7njsbln','Customers',1773480413000000,2);
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
INSERT INTO "audience_version" VALUES('aud_chdfyjv2xzwou5z3vwwalo3v',1,X'0000000000000000000000000000000000000000000000000000000000000000',X'FC1D62C3B3CDA38D93597FA41EF8F4BF8F519C1B54AF4F86386315319815A67F',18,1,0,9,1,1,1773480413000000,1773480480000000,0);
CREATE TABLE change_ads (
	position INTEGER PRIMARY KEY,       -- the last of the range
	first    INTEGER NOT NULL,
	at       INTEGER NOT NULL,
	kind     TEXT    NOT NULL,
	purposes INTEGER NOT NULL,
	subject  TEXT    NOT NULL,
	ordinals BLOB                       -- roaring, null for org and list
);
INSERT INTO "change_ads" VALUES(6,1,1773480413000000,'grant_on',16777216,'',X'3B3000000100000500010001000500');
INSERT INTO "change_ads" VALUES(7,7,1773480413000000,'org',0,'org_ykbqbvh2thqbbos5o7njsbln',NULL);
INSERT INTO "change_ads" VALUES(8,8,1773480413000000,'list',0,'lst_zppkqand7i5zhgyj3igc7cil',NULL);
INSERT INTO "change_ads" VALUES(9,9,1773480413000000,'list',0,'lst_zppkqand7i5zhgyj3igc7cil',NULL);
INSERT INTO "change_ads" VALUES(10,10,1773480413000000,'list',0,'lst_zppkqand7i5zhgyj3igc7cil',NULL);
INSERT INTO "change_ads" VALUES(11,11,1773480413000000,'list',0,'lst_bxvodwoccpq7kbh5weyqrw6e',NULL);
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
INSERT INTO "chunk" VALUES(X'35094A196FCDE389467BFFCC597628089BC1F0A828F789E96DDFFC42C6F02F4E',108,1,1,1,1,3,1);
INSERT INTO "chunk" VALUES(X'AD420E07044366F01804708C38BAEB6F2E8DA026196C8B3DD39E84EB399CAD57',168,1,2,1,1,6,1);
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
INSERT INTO "contact_point" VALUES(1,1,1,X'250D164DBDF2DBE5D31D471A6131D86F',1,1772323200000000,1772323200000000,'code',16777216,X'1E628534C0092B7A6818D9DFC7C87A1F005C883BFF0DF7285DC72C46446FEC82237A262E7D58C24F74409F891AD0E2B03E923E9001',1);
INSERT INTO "contact_point" VALUES(2,1,2,X'B438CAA50017A2354F319AB406523501',1,1772323200000000,1772323200000000,'code',16777216,X'DBB30DA2282DD49A6BC8BF02E4B385F5469664EC512E620FEE178CC319339E9E55F68EA0DFB48FA2DF682048D49347DF91C10BAAEB75526550F4D901',1);
INSERT INTO "contact_point" VALUES(3,2,1,X'D886DAF38B3B2684C9B4F7FD1C52D9E3',1,1772323200000000,1772323200000000,'code',16777216,X'A555405514C609FC2DBC7DE2A386BD20BB931565F1ED1132D54EC8B4F248ABF2DA4B51279159BB81F93A828B2891298BBD2428AB5F',1);
INSERT INTO "contact_point" VALUES(4,2,2,X'8BD4FFD4610DF260DEB3EF335470053C',1,1772323200000000,1772323200000000,'code',16777216,X'48878DE0BF3BFA6BB458D634AF48A4E56B03132F086B39B086E5878186B13D61A3AA0CC1E17BA6E91445128E0F2FD165320922DC12D51ED05CDB9E45',1);
INSERT INTO "contact_point" VALUES(5,3,1,X'83CC78384874D084AFBBB4C284056C9B',1,1772323200000000,1772323200000000,'code',16777216,X'F7F35AB75A3B28D58D56E222B36F9A08B3598FD2EAD48D9BE80566AB2AE26D29F5B2C778E663CC364114BCB073EBE8FF68DBF19993',1);
INSERT INTO "contact_point" VALUES(6,3,2,X'041A34E9C9CA4D616897076C25C6A032',1,1772323200000000,1772323200000000,'code',16777216,X'B825CC93C8CE0E4005C7173E6891058B36490E9A18FDD50EFF951241C34FF85895B0E40B5C5AC492EEB6B0F898861BC66CC33D06A492949668E83F49',1);
CREATE TABLE counter (
	name  TEXT    PRIMARY KEY,
	given INTEGER NOT NULL
);
INSERT INTO "counter" VALUES('person',3);
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO "goose_db_version" VALUES(1,0,1,'2026-11-22 09:43:58');
INSERT INTO "goose_db_version" VALUES(2,1,1,'2026-11-22 09:43:58');
CREATE TABLE grant_end (
	contact_id INTEGER NOT NULL,
	purpose    INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	reason     TEXT    NOT NULL CHECK (reason IN ('withdrawn', 'expired')),
	PRIMARY KEY (contact_id, purpose)
);
CREATE TABLE id_stream (
	org_id TEXT    NOT NULL,
	prefix TEXT    NOT NULL,
	given  INTEGER NOT NULL,
	PRIMARY KEY (org_id, prefix)
);
INSERT INTO "id_stream" VALUES('','org',1);
INSERT INTO "id_stream" VALUES('org_ykbqbvh2thqbbos5o7njsbln','aud',2);
INSERT INTO "id_stream" VALUES('org_ykbqbvh2thqbbos5o7njsbln','lst',2);
CREATE TABLE import (
	id            INTEGER PRIMARY KEY,
	digest        BLOB    NOT NULL,
	begun_at      INTEGER NOT NULL,
	first_ordinal INTEGER NOT NULL,     -- ordinals that it brings are not below
	completed_at  INTEGER               -- null: nothing that it brings can be matched
);
INSERT INTO "import" VALUES(1,X'80DCA257FF70383F2D8F69464AA5B60406CDEA74EE2952FCB1E294FF3C6B2B5C',1773480413000000,1,1773480413000000);
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
INSERT INTO "list" VALUES('lst_zppkqand7i5zhgyj3igc7cil','org_ykbqbvh2thqbbos5o7njsbln','aud_chdfyjv2xzwou5z3vwwalo3v','matched','{"header":true,"columns":[{"number":1,"kind":"email"}],"dropped":0,"rows":{"read":2,"used":2,"empty":0,"duplicate":0,"refused":0},"identifiers":{"read":2,"used":2,"empty":0,"duplicate":0,"refused":0},"clear":2,"hashed":0,"repaired":0,"refused":[]}',NULL,NULL,1,1,1773480413000000,1789032413000000,X'FC1D62C3B3CDA38D93597FA41EF8F4BF8F519C1B54AF4F86386315319815A67F',18,1,1);
INSERT INTO "list" VALUES('lst_bxvodwoccpq7kbh5weyqrw6e','org_ykbqbvh2thqbbos5o7njsbln','aud_kwch6y4dbj266tbjmcqsy4um','accepted','{"header":true,"columns":[{"number":1,"kind":"email"},{"number":2,"kind":"phone"}],"dropped":0,"rows":{"read":2,"used":2,"empty":0,"duplicate":0,"refused":0},"identifiers":{"read":4,"used":3,"empty":1,"duplicate":0,"refused":0},"clear":3,"hashed":0,"repaired":0,"refused":[]}',X'DFB67AEBCDC5C3AAEB95CEDAE425F68061104822980203D46DAF1B24134CD9E2',112,1,1,1773480413000000,1789032413000000,NULL,NULL,0,2);
CREATE TABLE org (
	id           TEXT    PRIMARY KEY,
	name         TEXT    NOT NULL,
	legal_entity TEXT    NOT NULL,
	kind         TEXT    NOT NULL CHECK (kind IN ('advertiser', 'partner')),
	state        TEXT    NOT NULL CHECK (state IN ('active', 'suspended')),
	created_at   INTEGER NOT NULL,
	seq          INTEGER NOT NULL UNIQUE
);
INSERT INTO "org" VALUES('org_ykbqbvh2thqbbos5o7njsbln','Acme','Acme Ltd','advertiser','active',1773480413000000,1);
CREATE TABLE outbox (
	id    INTEGER PRIMARY KEY,
	space TEXT    NOT NULL CHECK (space IN ('ads', 'registry')),
	at    INTEGER NOT NULL,
	kind  TEXT    NOT NULL,
	role  TEXT    NOT NULL,
	actor TEXT    NOT NULL,
	body  TEXT    NOT NULL
);
INSERT INTO "outbox" VALUES(1,'registry',1773480413000000,'prompt.registered','operator','anna','{"prompt":"offers@1","purposes":"ads.match.advertiser","texts_sha256":{"en":"92ab364e8f439e2dbc957709b3a70c711a63878c41c08c2c9e03ba940dd4b840"},"approved_by":["anna","ben"]}');
INSERT INTO "outbox" VALUES(2,'registry',1773480413000000,'import.begun','operator','anna','{"import":1,"digest":"80dca257ff70383f2d8f69464aa5b60406cdea74ee2952fcb1e294ff3c6b2b5c"}');
INSERT INTO "outbox" VALUES(3,'registry',1773480413000000,'import.batch','operator','anna','{"import":1,"file":"accounts.csv","from_row":2,"to_row":4}');
INSERT INTO "outbox" VALUES(4,'registry',1773480413000000,'import.batch','operator','anna','{"import":1,"file":"contact_points.csv","from_row":2,"to_row":7}');
INSERT INTO "outbox" VALUES(5,'ads',1773480413000000,'import.completed','operator','anna','{"import":1,"granted":6}');
INSERT INTO "outbox" VALUES(6,'registry',1773480413000000,'key.issued','operator','anna','{"key":"a9b062af32eddd98","role":"org","org":"org_ykbqbvh2thqbbos5o7njsbln"}');
INSERT INTO "outbox" VALUES(7,'ads',1773480413000000,'org.created','operator','anna','{"org":"org_ykbqbvh2thqbbos5o7njsbln","kind":"advertiser"}');
INSERT INTO "outbox" VALUES(8,'ads',1773480413000000,'audience.created','org','a9b062af32eddd98','{"audience":"aud_chdfyjv2xzwou5z3vwwalo3v","org":"org_ykbqbvh2thqbbos5o7njsbln"}');
INSERT INTO "outbox" VALUES(9,'ads',1773480413000000,'list.accepted','org','a9b062af32eddd98','{"list":"lst_zppkqand7i5zhgyj3igc7cil","audience":"aud_chdfyjv2xzwou5z3vwwalo3v","org":"org_ykbqbvh2thqbbos5o7njsbln","digest":"9bc8733a357864390fe792dd1b4106fda113c2e30bbfe5e80d189f5d12f38ecf","rows":2,"epoch":1,"rule_set":1}');
INSERT INTO "outbox" VALUES(10,'ads',1773480413000000,'match.intended','system','matcher','{"list":"lst_zppkqand7i5zhgyj3igc7cil","code":"schema 1"}');
INSERT INTO "outbox" VALUES(11,'ads',1773480413000000,'version.sealed','system','matcher','{"audience":"aud_chdfyjv2xzwou5z3vwwalo3v","version":1,"list":"lst_zppkqand7i5zhgyj3igc7cil","base":"0000000000000000000000000000000000000000000000000000000000000000","digest":"fc1d62c3b3cda38d93597fa41ef8f4bf8f519c1b54af4f86386315319815a67f","members":1,"added":1,"removed":0,"position":9,"epoch":1,"rule_set":1,"code":"schema 1","size":"too small","publish_at":"2026-03-14T09:28:00Z"}');
INSERT INTO "outbox" VALUES(12,'ads',1773480413000000,'audience.created','org','a9b062af32eddd98','{"audience":"aud_kwch6y4dbj266tbjmcqsy4um","org":"org_ykbqbvh2thqbbos5o7njsbln"}');
INSERT INTO "outbox" VALUES(13,'ads',1773480413000000,'list.accepted','org','a9b062af32eddd98','{"list":"lst_bxvodwoccpq7kbh5weyqrw6e","audience":"aud_kwch6y4dbj266tbjmcqsy4um","org":"org_ykbqbvh2thqbbos5o7njsbln","digest":"dfb67aebcdc5c3aaeb95cedae425f68061104822980203d46daf1b24134cd9e2","rows":2,"epoch":1,"rule_set":1}');
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
INSERT INTO "prompt" VALUES(1,'offers',1,1773480413000000,'settings','consent',16777216,13,'[{"Language":"en","Text":"offers","SHA256":[146,171,54,78,143,67,158,45,188,149,119,9,179,167,12,113,26,99,135,140,65,192,140,44,158,3,186,148,13,212,184,64]}]','["anna","ben"]');
CREATE TABLE segment (
	class  INTEGER PRIMARY KEY,
	source BLOB    NOT NULL,            -- digest of the chunks that it merges
	sum    BLOB    NOT NULL,
	size   INTEGER NOT NULL
);
INSERT INTO "segment" VALUES(1,X'970AF6DBA6674FB4C3489CC5180EFB8E35A772D2287552879D59E1797E0D2589',X'A625899DF7093B62B5C60687634AFA838EE4EC475DD0B3FC3666A25DE1ADFEE2',108);
INSERT INTO "segment" VALUES(2,X'48A700D822D71DC7CA9FECAE75731873A0AE69129AECE0C2B41AD15C18F7B1F5',X'32637A566D877C15B89B1E00C9A74922A75AD80268DC679875EBD0BF53EBFF03',168);
CREATE INDEX account_history_account ON account_history (account_id);
CREATE INDEX ads_grant_account ON ads_grant (account_id);
CREATE UNIQUE INDEX ads_grant_contact ON ads_grant (contact_id);
CREATE INDEX ads_grant_due ON ads_grant (expires_at) WHERE live <> 0;
CREATE UNIQUE INDEX import_one_open ON import ((1)) WHERE completed_at IS NULL;
CREATE INDEX audience_org ON audience (org_id);
CREATE INDEX list_audience ON list (audience_id);
CREATE INDEX list_unmatched ON list (seq) WHERE state = 'accepted';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('goose_db_version',2);
COMMIT;
