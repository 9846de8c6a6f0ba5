-- +goose Up

-- Which installation this database belongs to: a data folder and a database
-- server are put together by hand, and must not be put together wrongly.
CREATE TABLE installation (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	id  TEXT    NOT NULL
);
