//! The steps of a connection that take many accounts or keys at once.

use std::collections::{BTreeMap, HashSet};

use super::connection::{Connection, Kind};
use super::error::StoreError;
use super::operation::{Operation, StoredAnswer};
use super::sqlite::{as_json_array, as_json_object};
use super::statements::{
    AnswerArrays, AnswerJson, ClaimArray, ClaimJson, FindArray, FindJson, ReadManyForUpdate,
    ReadManyJson, ReleaseArray, ReleaseJson, WriteArrays, WriteJson,
};
use crate::model::Amount;

impl Connection {
    /// The balances of those of these accounts that exist, which nobody else
    /// can change until the transaction ends. The rows are locked in the order
    /// of their numbers, so that two who want several of them never wait for
    /// each other. One statement, however many.
    pub async fn read_many_for_update(
        &mut self,
        accounts: Vec<i64>,
    ) -> Result<BTreeMap<i64, Amount>, StoreError> {
        if accounts.is_empty() {
            return Ok(BTreeMap::new());
        }
        let rows: Vec<(i64, Amount)> = match &mut self.kind {
            Kind::Postgres(connection) => connection.read(ReadManyForUpdate { accounts }).await?,
            Kind::Sqlite(connection) => {
                connection.read(ReadManyJson { accounts: as_json_array(&accounts) }).await?
            }
        };
        self.hold(rows.iter().map(|(id, _)| *id));
        Ok(rows.into_iter().collect())
    }

    /// Sets the balances of accounts that the transaction holds locked,
    /// whatever they were. One statement, however many; PostgreSQL is sent it
    /// together with what comes next, COMMIT included.
    pub async fn write_many(&mut self, accounts: &BTreeMap<i64, Amount>) -> Result<(), StoreError> {
        if accounts.is_empty() {
            return Ok(());
        }
        match &mut self.kind {
            Kind::Postgres(connection) => {
                let (ids, balances) = accounts.iter().unzip();
                connection.write_later(WriteArrays { ids, balances }, accounts.len()).await
            }
            Kind::Sqlite(connection) => {
                let write = WriteJson { accounts: as_json_object(accounts.iter()) };
                connection.write(write).await.map(|_rows| ())
            }
        }
    }

    /// Takes keys for this transaction, which has yet to answer or release
    /// them, in their order; returns the ones that somebody has. While somebody
    /// is about to, it waits.
    pub async fn claim_operations(&mut self, keys: &[&str]) -> Result<Vec<String>, StoreError> {
        let claimed: Vec<String> = match &mut self.kind {
            Kind::Postgres(connection) => {
                connection.write_returning(ClaimArray { keys: owned(keys) }).await?
            }
            Kind::Sqlite(connection) => {
                connection.write_returning(ClaimJson { keys: as_json_array(keys) }).await?
            }
        };
        let claimed: HashSet<&str> = claimed.iter().map(String::as_str).collect();
        Ok(owned(keys).into_iter().filter(|key| !claimed.contains(key.as_str())).collect())
    }

    /// What was asked and answered under those of these keys that were applied.
    pub async fn find_operations(
        &mut self,
        keys: &[String],
    ) -> Result<Vec<(String, Operation)>, StoreError> {
        let rows: Vec<(String, String, Amount, Option<Amount>)> = match &mut self.kind {
            Kind::Postgres(connection) => {
                connection.read(FindArray { keys: keys.to_owned() }).await?
            }
            Kind::Sqlite(connection) => {
                connection.read(FindJson { keys: as_json_array(keys) }).await?
            }
        };
        let operation = |(key, request, balance, to_balance)| {
            (key, Operation { request, answer: StoredAnswer { balance, to_balance } })
        };
        Ok(rows.into_iter().map(operation).collect())
    }

    /// Puts what was asked and answered to keys claimed in this transaction.
    pub async fn answer_operations(
        &mut self,
        operations: &[(&str, &Operation)],
    ) -> Result<(), StoreError> {
        if operations.is_empty() {
            return Ok(());
        }
        match &mut self.kind {
            Kind::Postgres(connection) => {
                let answers = || operations.iter().map(|(_, operation)| operation.answer);
                let answer = AnswerArrays {
                    keys: operations.iter().map(|(key, _)| (*key).to_owned()).collect(),
                    requests: operations.iter().map(|(_, asked)| asked.request.clone()).collect(),
                    balances: answers().map(|answer| answer.balance).collect(),
                    to_balances: answers().map(|answer| answer.to_balance).collect(),
                };
                connection.write_later(answer, operations.len()).await
            }
            Kind::Sqlite(connection) => {
                let rows = operations.iter().map(|(key, Operation { request, answer })| {
                    let row = (request, answer.balance, answer.to_balance);
                    ((*key).to_owned(), serde_json::json!(row))
                });
                let answers = rows.collect::<serde_json::Map<_, _>>();
                let answers = serde_json::Value::Object(answers).to_string();
                connection.write(AnswerJson { answers }).await.map(|_rows| ())
            }
        }
    }

    /// Gives back keys claimed in this transaction.
    pub async fn release_operations(&mut self, keys: &[&str]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        match &mut self.kind {
            Kind::Postgres(connection) => {
                connection.write_later(ReleaseArray { keys: owned(keys) }, keys.len()).await
            }
            Kind::Sqlite(connection) => {
                connection.write(ReleaseJson { keys: as_json_array(keys) }).await.map(|_rows| ())
            }
        }
    }
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}
