-- The updates that carried an Idempotency-Key and were applied, each with what
-- was asked and what was answered. A reset forgets them.
CREATE TABLE operations (
    id         VARCHAR(200) NOT NULL PRIMARY KEY,
    request    TEXT         NOT NULL,
    balance    BIGINT       NOT NULL,
    to_balance BIGINT
);
