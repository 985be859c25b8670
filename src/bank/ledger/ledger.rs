use super::error::LedgerError;
use super::mode::Mode;
use super::rules::Change;
use super::window::Window;
use super::{naive, robust};
use crate::bank::store::{PoolState, Store, StoreError};
use crate::model::Amount;

/// The accounts of one bank, in one mode.
#[derive(Debug)]
pub struct Ledger {
    store: Store,
    mode: Mode,
    window: Window,
}

impl Ledger {
    pub fn new(store: Store, mode: Mode, window: Window) -> Self {
        Self { store, mode, window }
    }

    /// Deposits or withdraws, and returns the new balance. The connection is
    /// held across the window in every mode, so that all of them feel the same
    /// pressure on the pool.
    pub async fn update(&self, account: i64, change: Change) -> Result<Amount, LedgerError> {
        let mut conn = self.store.connection().await?;
        match self.mode {
            Mode::Robust => robust::update(&mut conn, &self.window, account, change).await,
            Mode::Naive => naive::update(&mut conn, &self.window, account, change).await,
        }
    }

    pub async fn balance(&self, account: i64) -> Result<Amount, StoreError> {
        self.store.connection().await?.read(account).await
    }

    /// All accounts by id, as one snapshot.
    pub async fn accounts(&self) -> Result<Vec<(i64, Amount)>, StoreError> {
        self.store.connection().await?.read_all().await
    }

    /// Makes these the only accounts; the ids must be distinct.
    pub async fn reset(&self, accounts: &[(i64, Amount)]) -> Result<(), StoreError> {
        self.store.connection().await?.replace_all(accounts).await
    }

    /// Succeeds when the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.connection().await?.ping().await
    }

    pub fn pool_state(&self) -> PoolState {
        self.store.pool_state()
    }
}
