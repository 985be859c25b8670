// A deposit as bankrun's mode `robust` does it, from Express and pg: one process,
// the 10 connections that pg has unless told otherwise, prepared statements, a
// transaction that locks the row. PGHOST and its like say which database; the
// first argument is the port, 0 for any. POOL is another number of connections.
'use strict';

const express = require('express');
const { Pool } = require('pg');

const pool = new Pool({ max: Number(process.env.POOL || 10) });

// pg prepares a statement that has a name once for each connection.
const SELECT = { name: 'lock', text: 'SELECT balance FROM accounts WHERE id = $1 FOR UPDATE' };
const UPDATE = { name: 'store', text: 'UPDATE accounts SET balance = $2 WHERE id = $1' };

async function deposit(account, amount) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query({ ...SELECT, values: [account] });
    if (rows.length === 0) {
      await client.query('ROLLBACK');
      return undefined;
    }
    const balance = Number(rows[0].balance) + amount;
    await client.query({ ...UPDATE, values: [account, balance] });
    await client.query('COMMIT');
    client.release();
    return balance;
  } catch (error) {
    // The pool makes another one: nobody knows how far this one came.
    client.release(error);
    throw error;
  }
}

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use(express.json());

app.post('/deposit', async (req, res) => {
  const { userId, amount } = req.body ?? {};
  if (!Number.isSafeInteger(userId) || !Number.isSafeInteger(amount) || amount <= 0) {
    return res.status(400).json({ error: 'userId and amount must be positive integers' });
  }
  const newBalance = await deposit(userId, amount);
  if (newBalance === undefined) return res.status(404).json({ error: 'Account not found' });
  return res.json({ newBalance });
});

const server = app.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`express serves http://127.0.0.1:${server.address().port}`);
});
