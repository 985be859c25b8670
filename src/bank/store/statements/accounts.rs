use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, HasSqlType, Integer, Text};
use diesel::sqlite::Sqlite;

/// The balance of one account.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct Read {
    pub(in crate::bank::store) account: i64,
}

/// The balance of one account, whose row stays locked until the transaction
/// ends. PostgreSQL only: SQLite locks as a whole, with `BEGIN IMMEDIATE`.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ReadForUpdate {
    pub(in crate::bank::store) account: i64,
}

/// The balances of two accounts by id. On PostgreSQL the rows are locked in
/// that order until the transaction ends.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ReadBothForUpdate {
    pub(in crate::bank::store) accounts: [i64; 2],
}

/// The balance of one account, and the version it has.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ReadVersion {
    pub(in crate::bank::store) account: i64,
}

/// Sets the balance of one account to a value computed elsewhere.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct Write {
    pub(in crate::bank::store) account: i64,
    pub(in crate::bank::store) balance: i64,
}

/// The same, if the account still has this version; it has the next one then.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct WriteVersion {
    pub(in crate::bank::store) account: i64,
    pub(in crate::bank::store) balance: i64,
    pub(in crate::bank::store) version: i64,
}

/// Adds to the balance of one account, whatever it is, and returns the new one.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct Add {
    pub(in crate::bank::store) account: i64,
    pub(in crate::bank::store) delta: i64,
}

/// The same, if the balance is one of those that can bear it.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct AddWithin {
    pub(in crate::bank::store) account: i64,
    pub(in crate::bank::store) delta: i64,
    pub(in crate::bank::store) lowest: i64,
    pub(in crate::bank::store) highest: i64,
}

/// Waits for the lock that has the account's number and nothing to do with
/// its row; the transaction's end gives it back. PostgreSQL only.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct AdvisoryLock {
    pub(in crate::bank::store) account: i64,
}

/// All accounts and their balances, by id.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ReadAll;

/// The accounts after one, and their balances, by id: so many of them.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ReadPage {
    pub(in crate::bank::store) after: i64,
    pub(in crate::bank::store) limit: i64,
}

/// Removes all accounts.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct DeleteAll;

/// Creates many accounts at once; both lists have the same length.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct InsertArrays {
    pub(in crate::bank::store) ids: Vec<i64>,
    pub(in crate::bank::store) balances: Vec<i64>,
    pub(in crate::bank::store) version: i64,
}

/// Creates many accounts at once, from a JSON object `{"1":1000}`.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct InsertJson {
    pub(in crate::bank::store) accounts: String,
    pub(in crate::bank::store) version: i64,
}

/// Asks whether anyone is there.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct Ping;

impl<DB> QueryFragment<DB> for Read
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT balance FROM accounts WHERE id = ");
        out.push_bind_param::<BigInt, _>(&self.account)
    }
}

impl QueryFragment<Pg> for ReadForUpdate {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT balance FROM accounts WHERE id = ");
        out.push_bind_param::<BigInt, _>(&self.account)?;
        out.push_sql(" FOR UPDATE");
        Ok(())
    }
}

impl QueryFragment<Pg> for ReadBothForUpdate {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.walk(out.reborrow())?;
        out.push_sql(" FOR UPDATE");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for ReadBothForUpdate {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk(out)
    }
}

impl ReadBothForUpdate {
    fn walk<'b, DB>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend + HasSqlType<BigInt>,
        i64: ToSql<BigInt, DB>,
    {
        out.push_sql("SELECT id, balance FROM accounts WHERE id IN (");
        out.push_bind_param::<BigInt, _>(&self.accounts[0])?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.accounts[1])?;
        out.push_sql(") ORDER BY id");
        Ok(())
    }
}

impl<DB> QueryFragment<DB> for ReadVersion
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT balance, version FROM accounts WHERE id = ");
        out.push_bind_param::<BigInt, _>(&self.account)
    }
}

impl<DB> QueryFragment<DB> for Write
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE accounts SET balance = ");
        out.push_bind_param::<BigInt, _>(&self.balance)?;
        out.push_sql(" WHERE id = ");
        out.push_bind_param::<BigInt, _>(&self.account)
    }
}

impl<DB> QueryFragment<DB> for WriteVersion
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE accounts SET balance = ");
        out.push_bind_param::<BigInt, _>(&self.balance)?;
        out.push_sql(", version = version + 1 WHERE id = ");
        out.push_bind_param::<BigInt, _>(&self.account)?;
        out.push_sql(" AND version = ");
        out.push_bind_param::<BigInt, _>(&self.version)
    }
}

impl QueryFragment<Pg> for Add {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE accounts SET balance = balance + ");
        out.push_bind_param::<BigInt, _>(&self.delta)?;
        out.push_sql(" WHERE id = ");
        out.push_bind_param::<BigInt, _>(&self.account)?;
        out.push_sql(" RETURNING balance");
        Ok(())
    }
}

/// PostgreSQL refuses a sum that is too large; SQLite would go on with a
/// floating-point number, unless it is told not to.
impl QueryFragment<Sqlite> for Add {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE accounts SET balance = balance + ");
        out.push_bind_param::<BigInt, _>(&self.delta)?;
        out.push_sql(" WHERE id = ");
        out.push_bind_param::<BigInt, _>(&self.account)?;
        out.push_sql(" AND typeof(balance + ");
        out.push_bind_param::<BigInt, _>(&self.delta)?;
        out.push_sql(") = 'integer' RETURNING balance");
        Ok(())
    }
}

impl<DB> QueryFragment<DB> for AddWithin
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE accounts SET balance = balance + ");
        out.push_bind_param::<BigInt, _>(&self.delta)?;
        out.push_sql(" WHERE id = ");
        out.push_bind_param::<BigInt, _>(&self.account)?;
        out.push_sql(" AND balance BETWEEN ");
        out.push_bind_param::<BigInt, _>(&self.lowest)?;
        out.push_sql(" AND ");
        out.push_bind_param::<BigInt, _>(&self.highest)?;
        out.push_sql(" RETURNING balance");
        Ok(())
    }
}

impl QueryFragment<Pg> for AdvisoryLock {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT pg_advisory_xact_lock(");
        out.push_bind_param::<BigInt, _>(&self.account)?;
        out.push_sql(")");
        Ok(())
    }
}

impl<DB: Backend> QueryFragment<DB> for ReadAll {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT id, balance FROM accounts ORDER BY id");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for ReadPage {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("SELECT id, balance FROM accounts WHERE id > ");
        out.push_bind_param::<BigInt, _>(&self.after)?;
        out.push_sql(" ORDER BY id LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

impl<DB: Backend> QueryFragment<DB> for DeleteAll {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("DELETE FROM accounts");
        Ok(())
    }
}

impl QueryFragment<Pg> for InsertArrays {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO accounts (id, balance, version) SELECT id, balance, ");
        out.push_bind_param::<BigInt, _>(&self.version)?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.balances)?;
        out.push_sql(") AS new (id, balance)");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for InsertJson {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("INSERT INTO accounts (id, balance, version) ");
        out.push_sql("SELECT CAST(key AS INTEGER), value, ");
        out.push_bind_param::<BigInt, _>(&self.version)?;
        out.push_sql(" FROM json_each(");
        out.push_bind_param::<Text, _>(&self.accounts)?;
        out.push_sql(")");
        Ok(())
    }
}

impl<DB: Backend> QueryFragment<DB> for Ping {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT 1");
        Ok(())
    }
}

impl Query for Read {
    type SqlType = BigInt;
}

impl Query for ReadForUpdate {
    type SqlType = BigInt;
}

impl Query for ReadBothForUpdate {
    type SqlType = (BigInt, BigInt);
}

impl Query for ReadVersion {
    type SqlType = (BigInt, BigInt);
}

impl Query for Add {
    type SqlType = BigInt;
}

impl Query for AddWithin {
    type SqlType = BigInt;
}

impl Query for ReadAll {
    type SqlType = (BigInt, BigInt);
}

impl Query for ReadPage {
    type SqlType = (BigInt, BigInt);
}

impl Query for Ping {
    type SqlType = Integer;
}
