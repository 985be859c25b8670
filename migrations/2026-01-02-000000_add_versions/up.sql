-- What mode `optimistic` compares: it grows with each of its updates, and a
-- reset gives all accounts one that no update has seen.
ALTER TABLE accounts ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
