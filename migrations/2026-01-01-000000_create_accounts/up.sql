-- No CHECK (balance >= 0): a broken mode must be able to show what it does.
CREATE TABLE accounts (
    id      BIGINT NOT NULL PRIMARY KEY,
    balance BIGINT NOT NULL
);

INSERT INTO accounts (id, balance) VALUES (1, 1000), (2, 1000), (3, 1000);
