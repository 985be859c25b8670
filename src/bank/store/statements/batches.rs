//! What a batch asks and writes: many rows in one statement. PostgreSQL takes
//! arrays, SQLite JSON.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;

/// The balances of many accounts by id, whose rows stay locked until the
/// transaction ends; they are locked in that order.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ReadManyForUpdate {
    pub(in crate::bank::store) accounts: Vec<i64>,
}

/// The balances of many accounts by id. SQLite only; a JSON array of ids.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ReadManyJson {
    pub(in crate::bank::store) accounts: String,
}

/// Sets the balances of many accounts; both lists have the same length.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct WriteArrays {
    pub(in crate::bank::store) ids: Vec<i64>,
    pub(in crate::bank::store) balances: Vec<i64>,
}

/// The same from a JSON object `{"1":1000}`.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct WriteJson {
    pub(in crate::bank::store) accounts: String,
}

/// Takes those of many keys that nobody has, in their order, and returns them;
/// waits for whoever is about to have one.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ClaimArray {
    pub(in crate::bank::store) keys: Vec<String>,
}

/// The same with a JSON array of keys.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ClaimJson {
    pub(in crate::bank::store) keys: String,
}

/// What was asked and answered under many keys.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct FindArray {
    pub(in crate::bank::store) keys: Vec<String>,
}

/// The same with a JSON array of keys.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct FindJson {
    pub(in crate::bank::store) keys: String,
}

/// Puts what was asked and answered to many keys that were taken before; all
/// lists have the same length.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct AnswerArrays {
    pub(in crate::bank::store) keys: Vec<String>,
    pub(in crate::bank::store) requests: Vec<String>,
    pub(in crate::bank::store) balances: Vec<i64>,
    pub(in crate::bank::store) to_balances: Vec<Option<i64>>,
}

/// The same from a JSON object: `{"key":["deposit 1 to account 1",1001,null]}`.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct AnswerJson {
    pub(in crate::bank::store) answers: String,
}

/// Gives keys back that were taken and not used.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ReleaseArray {
    pub(in crate::bank::store) keys: Vec<String>,
}

/// The same with a JSON array of keys.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ReleaseJson {
    pub(in crate::bank::store) keys: String,
}

impl QueryFragment<Pg> for ReadManyForUpdate {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT id, balance FROM accounts WHERE id = ANY(");
        out.push_bind_param::<Array<BigInt>, _>(&self.accounts)?;
        out.push_sql(") ORDER BY id FOR UPDATE");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for ReadManyJson {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("SELECT id, balance FROM accounts WHERE id IN (SELECT value FROM json_each(");
        out.push_bind_param::<Text, _>(&self.accounts)?;
        out.push_sql(")) ORDER BY id");
        Ok(())
    }
}

impl QueryFragment<Pg> for WriteArrays {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE accounts SET balance = new.balance FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.balances)?;
        out.push_sql(") AS new (id, balance) WHERE accounts.id = new.id");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for WriteJson {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE accounts SET balance = new.value FROM json_each(");
        out.push_bind_param::<Text, _>(&self.accounts)?;
        out.push_sql(") AS new WHERE accounts.id = CAST(new.key AS INTEGER)");
        Ok(())
    }
}

impl QueryFragment<Pg> for ClaimArray {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO operations (id, request, balance) SELECT key, '', 0 FROM unnest(",
        );
        out.push_bind_param::<Array<Text>, _>(&self.keys)?;
        out.push_sql(") AS new (key) ON CONFLICT DO NOTHING RETURNING id");
        Ok(())
    }
}

/// Without its WHERE, SQLite would take ON for a part of the FROM.
impl QueryFragment<Sqlite> for ClaimJson {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("INSERT INTO operations (id, request, balance) ");
        out.push_sql("SELECT value, '', 0 FROM json_each(");
        out.push_bind_param::<Text, _>(&self.keys)?;
        out.push_sql(") WHERE true ON CONFLICT DO NOTHING RETURNING id");
        Ok(())
    }
}

impl QueryFragment<Pg> for FindArray {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT id, request, balance, to_balance FROM operations WHERE id = ANY(");
        out.push_bind_param::<Array<Text>, _>(&self.keys)?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for FindJson {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("SELECT id, request, balance, to_balance FROM operations ");
        out.push_sql("WHERE id IN (SELECT value FROM json_each(");
        out.push_bind_param::<Text, _>(&self.keys)?;
        out.push_sql("))");
        Ok(())
    }
}

impl QueryFragment<Pg> for AnswerArrays {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE operations SET request = new.request, balance = new.balance, ");
        out.push_sql("to_balance = new.to_balance FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.keys)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.requests)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.balances)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<BigInt>>, _>(&self.to_balances)?;
        out.push_sql(") AS new (id, request, balance, to_balance) WHERE operations.id = new.id");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for AnswerJson {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE operations SET request = json_extract(new.value, '$[0]'), ");
        out.push_sql("balance = json_extract(new.value, '$[1]'), ");
        out.push_sql("to_balance = json_extract(new.value, '$[2]') FROM json_each(");
        out.push_bind_param::<Text, _>(&self.answers)?;
        out.push_sql(") AS new WHERE operations.id = new.key");
        Ok(())
    }
}

impl QueryFragment<Pg> for ReleaseArray {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("DELETE FROM operations WHERE id = ANY(");
        out.push_bind_param::<Array<Text>, _>(&self.keys)?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for ReleaseJson {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("DELETE FROM operations WHERE id IN (SELECT value FROM json_each(");
        out.push_bind_param::<Text, _>(&self.keys)?;
        out.push_sql("))");
        Ok(())
    }
}

impl Query for ReadManyForUpdate {
    type SqlType = (BigInt, BigInt);
}

impl Query for ReadManyJson {
    type SqlType = (BigInt, BigInt);
}

impl Query for ClaimArray {
    type SqlType = Text;
}

impl Query for ClaimJson {
    type SqlType = Text;
}

impl Query for FindArray {
    type SqlType = (Text, Text, BigInt, Nullable<BigInt>);
}

impl Query for FindJson {
    type SqlType = (Text, Text, BigInt, Nullable<BigInt>);
}
