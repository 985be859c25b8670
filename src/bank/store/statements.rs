//! The ledger's statements as values.
//!
//! diesel caches a prepared statement by the type of the query, and never
//! caches `update()` or `sql_query()`. One small type for each statement means
//! that a connection parses each of them once.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, HasSqlType, Integer, Text};
use diesel::sqlite::Sqlite;

/// The balance of one account.
#[derive(Debug, QueryId)]
pub(super) struct Read {
    pub(super) account: i64,
}

/// The balance of one account, whose row stays locked until the transaction
/// ends. PostgreSQL only: SQLite locks as a whole, with `BEGIN IMMEDIATE`.
#[derive(Debug, QueryId)]
pub(super) struct ReadForUpdate {
    pub(super) account: i64,
}

/// Sets the balance of one account to a value computed elsewhere.
#[derive(Debug, QueryId)]
pub(super) struct Write {
    pub(super) account: i64,
    pub(super) balance: i64,
}

/// All accounts and their balances, by id.
#[derive(Debug, QueryId)]
pub(super) struct ReadAll;

/// Removes all accounts.
#[derive(Debug, QueryId)]
pub(super) struct DeleteAll;

/// Creates many accounts at once; both lists have the same length.
#[derive(Debug, QueryId)]
pub(super) struct InsertArrays {
    pub(super) ids: Vec<i64>,
    pub(super) balances: Vec<i64>,
}

/// Creates many accounts at once, from a JSON object `{"1":1000}`.
#[derive(Debug, QueryId)]
pub(super) struct InsertJson {
    pub(super) accounts: String,
}

/// Asks whether anyone is there.
#[derive(Debug, QueryId)]
pub(super) struct Ping;

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

impl<DB: Backend> QueryFragment<DB> for ReadAll {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT id, balance FROM accounts ORDER BY id");
        Ok(())
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
        out.push_sql("INSERT INTO accounts (id, balance) SELECT * FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.balances)?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for InsertJson {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("INSERT INTO accounts (id, balance) ");
        out.push_sql("SELECT CAST(key AS INTEGER), value FROM json_each(");
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

impl Query for ReadAll {
    type SqlType = (BigInt, BigInt);
}

impl Query for Ping {
    type SqlType = Integer;
}
