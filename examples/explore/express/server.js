// A bank on Express and pg. DATABASE_URL says where its database is, PORT where it
// listens. /naive loses money, /locked does not; nothing else differs.
const express = require("express");
const { Pool } = require("pg");

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const app = express();
app.use(express.json());

async function withdraw(request, response, lock) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query(
      `SELECT balance FROM accounts WHERE id = $1 ${lock}`,
      [request.params.id],
    );
    if (rows.length === 0 || rows[0].balance < request.body.amount) {
      await client.query("ROLLBACK");
      return response.status(409).json({ error: "not enough money" });
    }
    const balance = rows[0].balance - request.body.amount;
    await client.query("UPDATE accounts SET balance = $1, updated_at = now() WHERE id = $2", [
      balance,
      request.params.id,
    ]);
    const entry = await client.query(
      "INSERT INTO entries (account, amount) VALUES ($1, $2) RETURNING id",
      [request.params.id, -request.body.amount],
    );
    await client.query("COMMIT");
    response.json({ balance, entry: entry.rows[0].id });
  } catch (error) {
    await client.query("ROLLBACK");
    response.status(500).json({ error: error.message, code: error.code });
  } finally {
    client.release();
  }
}

app.post("/naive/accounts/:id/withdraw", (request, response) => withdraw(request, response, ""));
app.post("/locked/accounts/:id/withdraw", (request, response) =>
  withdraw(request, response, "FOR UPDATE"),
);

async function main() {
  await pool.query(`
    CREATE TABLE IF NOT EXISTS accounts (
      id int PRIMARY KEY, balance int NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE IF NOT EXISTS entries (
      id serial PRIMARY KEY, account int NOT NULL REFERENCES accounts, amount int NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now());
    INSERT INTO accounts VALUES (1, 100), (2, 100) ON CONFLICT DO NOTHING`);
  app.listen(process.env.PORT ?? 3000, "127.0.0.1");
}

main();
