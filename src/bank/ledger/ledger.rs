use std::sync::Arc;

use super::counters::Counters;
use super::error::LedgerError;
use super::key::Key;
use super::mode::Mode;
use super::once::Once;
use super::rules::{Change, Transfer};
use super::window::Window;
use super::work::Work;
use super::{
    advisory, atomic, check_then_act, naive, optimistic, robust, serializable, transaction,
};
use crate::bank::store::{PoolState, Store, StoreError, StoredAnswer};
use crate::model::Amount;

/// The accounts of one bank, in one mode.
#[derive(Debug)]
pub struct Ledger {
    store: Store,
    mode: Mode,
    window: Window,
    counters: Arc<Counters>,
}

/// Runs one function of whichever mode it is.
macro_rules! in_mode {
    ($mode:expr, $function:ident($($argument:expr),*)) => {
        match $mode {
            Mode::Robust => robust::$function($($argument),*).await,
            Mode::Atomic => atomic::$function($($argument),*).await,
            Mode::Optimistic => optimistic::$function($($argument),*).await,
            Mode::Serializable => serializable::$function($($argument),*).await,
            Mode::Advisory => advisory::$function($($argument),*).await,
            Mode::Naive => naive::$function($($argument),*).await,
            Mode::Transaction => transaction::$function($($argument),*).await,
            Mode::CheckThenAct => check_then_act::$function($($argument),*).await,
        }
    };
}

impl Ledger {
    pub fn new(store: Store, mode: Mode, window: Window) -> Self {
        Self { store, mode, window, counters: Arc::default() }
    }

    /// Deposits or withdraws, and returns the new balance. With a key: once,
    /// however often it is sent, and always with the same answer. What is
    /// refused has not happened and uses up no key.
    /// The connection is
    /// held across the window in every mode, so that all of them feel the same
    /// pressure on the pool.
    pub async fn update(
        &self,
        account: i64,
        change: Change,
        key: Option<Key>,
    ) -> Result<Amount, LedgerError> {
        let once = key.map(|key| Once::new(key, change.describe(account)));
        let mut work = Work::new(self.store.connection().await?, once, &self.counters);
        in_mode!(self.mode, update(&mut work, &self.window, account, change))
    }

    /// Moves money from one account to another, and returns their new
    /// balances, in that order. A key does the same as for an update.
    pub async fn transfer(
        &self,
        transfer: Transfer,
        key: Option<Key>,
    ) -> Result<[Amount; 2], LedgerError> {
        let once = key.map(|key| Once::new(key, transfer.describe()));
        let mut work = Work::new(self.store.connection().await?, once, &self.counters);
        in_mode!(self.mode, transfer(&mut work, &self.window, transfer))
    }

    /// What the update with this key was answered; `None` when none has been
    /// applied by now.
    pub async fn answer(&self, key: &Key) -> Result<Option<StoredAnswer>, StoreError> {
        let operation = self.store.connection().await?.find_operation(key.as_str()).await?;
        Ok(operation.map(|operation| operation.answer))
    }

    pub async fn balance(&self, account: i64) -> Result<Amount, StoreError> {
        self.store.connection().await?.read(account).await
    }

    /// All accounts by id, as one snapshot.
    pub async fn accounts(&self) -> Result<Vec<(i64, Amount)>, StoreError> {
        self.store.connection().await?.read_all().await
    }

    /// Makes these the only accounts, and forgets all keys; the ids must be distinct.
    pub async fn reset(&self, accounts: &[(i64, Amount)]) -> Result<(), StoreError> {
        self.store.connection().await?.replace_all(accounts).await
    }

    /// Succeeds when the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.connection().await?.ping().await
    }

    /// What has happened so far; goes on counting.
    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    pub fn pool_state(&self) -> PoolState {
        self.store.pool_state()
    }
}
