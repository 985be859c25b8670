use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Nullable, Text};

/// What was asked and answered under one key.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct ReadOperation {
    pub(in crate::bank::store) key: String,
}

/// Takes a key, unless somebody has it; waits for whoever is about to have it.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct InsertOperation {
    pub(in crate::bank::store) key: String,
    pub(in crate::bank::store) request: String,
    pub(in crate::bank::store) balance: i64,
    pub(in crate::bank::store) to_balance: Option<i64>,
}

/// Puts the answer to a key that was taken before there was one.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct AnswerOperation {
    pub(in crate::bank::store) key: String,
    pub(in crate::bank::store) balance: i64,
    pub(in crate::bank::store) to_balance: Option<i64>,
}

/// Forgets all keys.
#[derive(Debug, QueryId)]
pub(in crate::bank::store) struct DeleteOperations;

impl<DB> QueryFragment<DB> for ReadOperation
where
    DB: Backend + HasSqlType<Text>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT request, balance, to_balance FROM operations WHERE id = ");
        out.push_bind_param::<Text, _>(&self.key)
    }
}

impl<DB> QueryFragment<DB> for InsertOperation
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
    Option<i64>: ToSql<Nullable<BigInt>, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("INSERT INTO operations (id, request, balance, to_balance) VALUES (");
        out.push_bind_param::<Text, _>(&self.key)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(&self.request)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.balance)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<BigInt>, _>(&self.to_balance)?;
        out.push_sql(") ON CONFLICT DO NOTHING");
        Ok(())
    }
}

impl<DB> QueryFragment<DB> for AnswerOperation
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
    Option<i64>: ToSql<Nullable<BigInt>, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE operations SET balance = ");
        out.push_bind_param::<BigInt, _>(&self.balance)?;
        out.push_sql(", to_balance = ");
        out.push_bind_param::<Nullable<BigInt>, _>(&self.to_balance)?;
        out.push_sql(" WHERE id = ");
        out.push_bind_param::<Text, _>(&self.key)
    }
}

impl<DB: Backend> QueryFragment<DB> for DeleteOperations {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("DELETE FROM operations");
        Ok(())
    }
}

impl Query for ReadOperation {
    type SqlType = (Text, BigInt, Nullable<BigInt>);
}
