-- +goose Up

-- Who brought the prompt; empty for prompts from before approval was an act.
-- approved_by holds the two names behind a prompt that grants ads.*: those that
-- its file named until then, who proposed and who approved it from then on; for
-- other prompts it is [], and null if they are that old. The rule on it stands here because a table's rules cannot be added to.
ALTER TABLE prompt ADD COLUMN registered_by TEXT NOT NULL DEFAULT ''
	CHECK (purposes & 117440512 = 0 OR approved_by NOT IN ('[]', 'null'));

-- Prompts that grant ads.*, and what a second operator said of them. Only an
-- approved one is in the table prompt too: whatever reads that table, also a
-- release before this one, sees nothing of the others.
CREATE TABLE prompt_proposal (
	ref               INTEGER PRIMARY KEY, -- of prompt
	surface           TEXT    NOT NULL,
	legal_basis       TEXT    NOT NULL,
	purposes          INTEGER NOT NULL,
	ads_expiry_months INTEGER NOT NULL,
	texts             TEXT    NOT NULL,
	proposed_at       INTEGER NOT NULL,
	proposed_by       TEXT    NOT NULL CHECK (proposed_by <> ''),
	state             TEXT    NOT NULL CHECK (state IN ('pending', 'in_effect', 'refused')),
	decided_at        INTEGER,
	decided_by        TEXT    NOT NULL DEFAULT '',
	stated            TEXT    NOT NULL DEFAULT '',
	CHECK (purposes & 62 = 0 AND purposes & 117440512 <> 0),
	CHECK ((state = 'pending') = (decided_at IS NULL)),
	CHECK ((state = 'pending') = (decided_by = '')),
	CHECK ((state = 'pending') = (stated = '')),
	CHECK (decided_by <> proposed_by),
	CHECK ((state = 'in_effect') = (stated = 'ads'))
);

ALTER TABLE access_key ADD COLUMN revoked_at INTEGER;
