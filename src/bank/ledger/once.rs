use super::error::LedgerError;
use super::key::Key;
use crate::bank::store::{Connection, Operation, StoreError, StoredAnswer};
use crate::model::Amount;

/// What makes an update happen once: its key, and what is asked under it.
#[derive(Debug)]
pub(super) struct Once {
    key: Key,
    request: String,
}

impl Once {
    /// `request` is what the key stands for from now on.
    pub(super) fn new(key: Key, request: String) -> Self {
        Self { key, request }
    }

    /// What the key was answered, if it was.
    pub(super) async fn find<T: Answer>(
        &self,
        conn: &mut Connection,
    ) -> Result<Option<T>, LedgerError> {
        let found = conn.find_operation(self.key.as_str()).await?;
        found.map(|operation| self.answer(&operation)).transpose()
    }

    /// Takes the key within a transaction; or what it was answered, if
    /// somebody else had it first. While somebody else is about to, it waits.
    pub(super) async fn claim<T: Answer>(
        &self,
        tx: &mut Connection,
    ) -> Result<Option<T>, LedgerError> {
        // Between the two statements a reset may take the key away again.
        loop {
            if tx.claim_operation(self.key.as_str(), &self.request).await? {
                return Ok(None);
            }
            if let Some(answer) = self.find(tx).await? {
                return Ok(Some(answer));
            }
        }
    }

    /// Puts the answer to a key claimed in the same transaction.
    pub(super) async fn answer_claimed<T: Answer>(
        &self,
        tx: &mut Connection,
        answer: T,
    ) -> Result<(), StoreError> {
        tx.answer_operation(self.key.as_str(), answer.store()).await
    }

    /// Takes the key and puts the answer to it, outside of a transaction; if
    /// somebody else was faster, theirs stays.
    pub(super) async fn note<T: Answer>(
        &self,
        conn: &mut Connection,
        answer: T,
    ) -> Result<(), StoreError> {
        conn.note_operation(self.key.as_str(), &self.request, answer.store()).await
    }

    pub(super) fn key(&self) -> &str {
        self.key.as_str()
    }

    pub(super) fn request(&self) -> &str {
        &self.request
    }

    /// The answer to an operation that has this key; an error when it was
    /// another one.
    pub(super) fn answer<T: Answer>(&self, operation: &Operation) -> Result<T, LedgerError> {
        if operation.request == self.request {
            Ok(T::restore(operation.answer))
        } else {
            Err(LedgerError::KeyReused(operation.request.clone()))
        }
    }
}

/// What an update returns, and how it is kept.
pub trait Answer: Copy + Send {
    fn store(self) -> StoredAnswer;
    fn restore(stored: StoredAnswer) -> Self;
}

impl Answer for StoredAnswer {
    fn store(self) -> StoredAnswer {
        self
    }

    fn restore(stored: StoredAnswer) -> Self {
        stored
    }
}

impl Answer for Amount {
    fn store(self) -> StoredAnswer {
        StoredAnswer { balance: self, to_balance: None }
    }

    fn restore(stored: StoredAnswer) -> Self {
        stored.balance
    }
}

impl Answer for [Amount; 2] {
    fn store(self) -> StoredAnswer {
        StoredAnswer { balance: self[0], to_balance: Some(self[1]) }
    }

    /// The request was the same, so it was a transfer and has both.
    fn restore(stored: StoredAnswer) -> Self {
        [stored.balance, stored.to_balance.unwrap_or_default()]
    }
}
