-- +goose Up

-- What was declared of a list, as JSON. Lists that were there before say nothing.
ALTER TABLE list ADD COLUMN declared TEXT NOT NULL DEFAULT '{}';
