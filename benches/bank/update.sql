-- What `robust` does for one deposit, as pgbench does it.
\set id random(1, :rows)
BEGIN;
SELECT balance FROM accounts WHERE id = :id FOR UPDATE \gset
\set balance :balance + 1
UPDATE accounts SET balance = :balance WHERE id = :id;
COMMIT;
