use std::fmt;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::error::StoreError;
use super::operation::{Operation, StoredAnswer};
use super::postgres::PostgresConnection;
use super::sqlite::{SqlitePooled, as_json_object};
use super::statements::{
    Add, AddWithin, AdvisoryLock, AnswerOperation, DeleteAll, DeleteOperations, InsertArrays,
    InsertJson, InsertOperation, Ping, Read, ReadAll, ReadBothForUpdate, ReadForUpdate,
    ReadOperation, ReadVersion, Write, WriteVersion,
};
use crate::model::Amount;

/// A connection out of the pool, and the steps an update is made of.
///
/// Goes back to the pool when dropped; one that is broken, or still in a
/// transaction, is closed instead.
pub struct Connection {
    pub(super) kind: Kind,
    /// When a balance was last read that nothing holds still.
    read_at: Option<Instant>,
}

pub(super) enum Kind {
    Postgres(Box<PostgresConnection>),
    Sqlite(SqlitePooled),
}

/// How a transaction begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// BEGIN: each statement sees what was committed before it. On SQLite,
    /// BEGIN IMMEDIATE: the transaction owns the write lock from its start.
    ReadCommitted,
    /// BEGIN ISOLATION LEVEL SERIALIZABLE: all statements see one moment, and
    /// whoever would not have seen that moment alone has to give up. On SQLite
    /// a plain BEGIN means just that.
    Serializable,
}

/// Runs one method on whichever connection it is.
macro_rules! on {
    ($self:ident, $connection:ident => $call:expr) => {
        match &mut $self.kind {
            Kind::Postgres($connection) => $call.await,
            Kind::Sqlite($connection) => $call.await,
        }
    };
}

impl Connection {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, read_at: None }
    }

    /// The balance of one account, as of now.
    pub async fn read(&mut self, account: i64) -> Result<Amount, StoreError> {
        let rows: Vec<Amount> = on!(self, connection => connection.read(Read { account }))?;
        self.read_at = Some(Instant::now());
        rows.first().copied().ok_or(StoreError::UnknownAccount(account))
    }

    /// The balance of one account, which nobody else can change until the
    /// transaction ends. PostgreSQL locks the row; on SQLite the transaction
    /// already holds the only write lock.
    pub async fn read_for_update(&mut self, account: i64) -> Result<Amount, StoreError> {
        let rows: Vec<Amount> = match &mut self.kind {
            Kind::Postgres(connection) => connection.read(ReadForUpdate { account }).await?,
            Kind::Sqlite(connection) => connection.read(Read { account }).await?,
        };
        self.hold(rows.first().map(|_balance| account));
        rows.first().copied().ok_or(StoreError::UnknownAccount(account))
    }

    /// The same for two accounts, locked in the order of their numbers, so
    /// that two who want both never wait for each other.
    pub async fn read_both_for_update(
        &mut self,
        accounts: [i64; 2],
    ) -> Result<[Amount; 2], StoreError> {
        let rows: Vec<(i64, Amount)> =
            on!(self, connection => connection.read(ReadBothForUpdate { accounts }))?;
        self.hold(rows.iter().map(|(id, _)| *id));
        let balance = |account| {
            let row = rows.iter().find(|(id, _)| *id == account);
            row.map(|(_, balance)| *balance).ok_or(StoreError::UnknownAccount(account))
        };
        Ok([balance(accounts[0])?, balance(accounts[1])?])
    }

    /// The balance of one account, and the version by which
    /// [`Self::write_version`] knows whether it is still that.
    pub async fn read_version(&mut self, account: i64) -> Result<(Amount, i64), StoreError> {
        let rows: Vec<(Amount, i64)> =
            on!(self, connection => connection.read(ReadVersion { account }))?;
        rows.first().copied().ok_or(StoreError::UnknownAccount(account))
    }

    /// Sets the balance of one account, whatever it was. Where the transaction
    /// holds it locked, PostgreSQL is sent this together with what comes next,
    /// COMMIT included: a lock is held for as long as the answers that somebody
    /// waits for.
    pub async fn write(&mut self, account: i64, balance: Amount) -> Result<(), StoreError> {
        let write = Write { account, balance };
        let written = match &mut self.kind {
            Kind::Postgres(connection) if connection.holds([account].iter()) => {
                return connection.write_later(write, 1).await;
            }
            Kind::Postgres(connection) => connection.write(write).await?,
            Kind::Sqlite(connection) => connection.write(write).await?,
        };
        if written == 0 { Err(StoreError::UnknownAccount(account)) } else { Ok(()) }
    }

    /// Sets the balances of two accounts in the order of their numbers, so that
    /// two who set both never wait for each other.
    pub async fn write_both(
        &mut self,
        accounts: [i64; 2],
        balances: [Amount; 2],
    ) -> Result<(), StoreError> {
        let mut writes = [(accounts[0], balances[0]), (accounts[1], balances[1])];
        writes.sort();
        for (account, balance) in writes {
            self.write(account, balance).await?;
        }
        Ok(())
    }

    /// Sets the balance of one account that still has this version.
    pub async fn write_version(
        &mut self,
        account: i64,
        balance: Amount,
        version: i64,
    ) -> Result<(), StoreError> {
        let write = WriteVersion { account, balance, version };
        match on!(self, connection => connection.write(write))? {
            0 => Err(StoreError::Conflict(format!("account {account} has changed since"))),
            _ => Ok(()),
        }
    }

    /// Adds to the balance of one account, whatever it is, and returns the new
    /// balance; `None` when there is no such account, or the sum is none that
    /// an [`Amount`] holds.
    pub async fn add(&mut self, account: i64, delta: Amount) -> Result<Option<Amount>, StoreError> {
        let add = Add { account, delta };
        let rows: Vec<Amount> = on!(self, connection => connection.write_returning(add))?;
        Ok(rows.first().copied())
    }

    /// The same, if the balance is within `range`.
    pub async fn add_within(
        &mut self,
        account: i64,
        delta: Amount,
        range: RangeInclusive<Amount>,
    ) -> Result<Option<Amount>, StoreError> {
        let (lowest, highest) = range.into_inner();
        let add = AddWithin { account, delta, lowest, highest };
        let rows: Vec<Amount> = on!(self, connection => connection.write_returning(add))?;
        Ok(rows.first().copied())
    }

    /// Waits until nobody else holds the lock of this number, and holds it
    /// until the transaction ends. PostgreSQL only.
    pub async fn lock(&mut self, account: i64) -> Result<(), StoreError> {
        match &mut self.kind {
            Kind::Postgres(connection) => connection.lock(AdvisoryLock { account }).await,
            Kind::Sqlite(_) => Err(StoreError::Refused("SQLite has no advisory locks".to_owned())),
        }
    }

    /// What was asked and answered under a key.
    pub async fn find_operation(&mut self, key: &str) -> Result<Option<Operation>, StoreError> {
        let find = ReadOperation { key: key.to_owned() };
        let rows: Vec<(String, Amount, Option<Amount>)> =
            on!(self, connection => connection.read(find))?;
        Ok(rows.into_iter().next().map(|(request, balance, to_balance)| Operation {
            request,
            answer: StoredAnswer { balance, to_balance },
        }))
    }

    /// Takes a key for this transaction, which has yet to answer it; `false`
    /// when somebody has it. While somebody is about to, it waits.
    pub async fn claim_operation(&mut self, key: &str, request: &str) -> Result<bool, StoreError> {
        self.insert_operation(key, request, StoredAnswer { balance: 0, to_balance: None }).await
    }

    /// Puts the answer to a key claimed in this transaction; sent like a write
    /// of a locked row.
    pub async fn answer_operation(
        &mut self,
        key: &str,
        answer: StoredAnswer,
    ) -> Result<(), StoreError> {
        let StoredAnswer { balance, to_balance } = answer;
        let put = AnswerOperation { key: key.to_owned(), balance, to_balance };
        match &mut self.kind {
            Kind::Postgres(connection) => connection.write_later(put, 1).await,
            Kind::Sqlite(connection) => connection.write(put).await.map(|_rows| ()),
        }
    }

    /// Takes a key and puts the answer to it, unless somebody has it.
    pub async fn note_operation(
        &mut self,
        key: &str,
        request: &str,
        answer: StoredAnswer,
    ) -> Result<(), StoreError> {
        self.insert_operation(key, request, answer).await?;
        Ok(())
    }

    async fn insert_operation(
        &mut self,
        key: &str,
        request: &str,
        answer: StoredAnswer,
    ) -> Result<bool, StoreError> {
        let (key, request) = (key.to_owned(), request.to_owned());
        let StoredAnswer { balance, to_balance } = answer;
        let insert = InsertOperation { key, request, balance, to_balance };
        Ok(on!(self, connection => connection.write(insert))? > 0)
    }

    /// All accounts by id, as one snapshot.
    pub async fn read_all(&mut self) -> Result<Vec<(i64, Amount)>, StoreError> {
        match &mut self.kind {
            Kind::Postgres(connection) => connection.read(ReadAll).await,
            Kind::Sqlite(connection) => connection.read_accounts().await,
        }
    }

    /// Makes these the only accounts and forgets all keys, in one transaction
    /// that keeps updates and other resets waiting. The ids must be distinct.
    pub async fn replace_all(&mut self, accounts: &[(i64, Amount)]) -> Result<(), StoreError> {
        self.begin(Isolation::ReadCommitted).await?;
        let replaced = self.replace_all_within(accounts).await;
        self.end(replaced).await
    }

    async fn replace_all_within(&mut self, accounts: &[(i64, Amount)]) -> Result<(), StoreError> {
        // Drawn, so that no version read before can ever be met again.
        let version = fastrand::i64(1..=i64::MAX / 2);
        match &mut self.kind {
            Kind::Postgres(connection) => {
                connection.lock_accounts().await?;
                connection.write(DeleteOperations).await?;
                connection.write(DeleteAll).await?;
                let (ids, balances) = accounts.iter().copied().unzip();
                connection.write(InsertArrays { ids, balances, version }).await?;
            }
            Kind::Sqlite(connection) => {
                connection.write(DeleteOperations).await?;
                connection.write(DeleteAll).await?;
                let accounts = as_json_object(accounts.iter().map(|(id, balance)| (id, balance)));
                connection.write(InsertJson { accounts, version }).await?;
            }
        }
        Ok(())
    }

    /// Succeeds when the database answers.
    pub async fn ping(&mut self) -> Result<(), StoreError> {
        let _one: Vec<i32> = on!(self, connection => connection.read(Ping))?;
        Ok(())
    }

    /// Begins a transaction, which [`Self::end`] has to end. PostgreSQL hears
    /// of it with its first statement.
    pub async fn begin(&mut self, isolation: Isolation) -> Result<(), StoreError> {
        match &mut self.kind {
            Kind::Postgres(connection) => {
                connection.begin(isolation);
                Ok(())
            }
            Kind::Sqlite(connection) => connection.begin(isolation).await,
        }
    }

    /// COMMIT after a success, ROLLBACK after anything else.
    pub async fn end<T, E>(&mut self, outcome: Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        match outcome {
            Ok(value) => {
                on!(self, connection => connection.commit())?;
                Ok(value)
            }
            Err(refusal) => {
                // A connection that cannot roll back is closed instead, which
                // ends the transaction just the same.
                if let Err(error) = on!(self, connection => connection.rollback()) {
                    tracing::debug!(%error, "rollback failed");
                }
                Err(refusal)
            }
        }
    }

    /// The transaction holds these rows locked.
    pub(super) fn hold(&mut self, accounts: impl IntoIterator<Item = i64>) {
        if let Kind::Postgres(connection) = &mut self.kind {
            connection.hold(accounts);
        }
    }

    /// Whether it has changed anything outside of a transaction, for good.
    /// How long ago [`read`](Self::read) last read a balance.
    pub fn since_read(&self) -> Option<Duration> {
        self.read_at.map(|read_at| read_at.elapsed())
    }

    pub fn has_written(&self) -> bool {
        match &self.kind {
            Kind::Postgres(connection) => connection.has_written,
            Kind::Sqlite(connection) => connection.has_written,
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Postgres(_) => "Connection::Postgres",
            Kind::Sqlite(_) => "Connection::Sqlite",
        })
    }
}
