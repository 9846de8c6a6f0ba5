-- +goose Up

-- Which rows of a list were refused, and why: a sealed blob, until the list is over.
ALTER TABLE list ADD COLUMN rows_sum BLOB;
ALTER TABLE list ADD COLUMN rows_size INTEGER;
CREATE INDEX list_rows ON list (rows_sum);
