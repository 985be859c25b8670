use std::sync::Arc;

use super::batch::Queue;
use super::counters::Counters;
use super::error::LedgerError;
use super::key::Key;
use super::mode::Mode;
use super::once::Once;
use super::rules::{Change, Transfer};
use super::window::Window;
use super::work::Work;
use super::{
    advisory, atomic, batched, check_then_act, naive, optimistic, robust, serializable, transaction,
};
use crate::bank::store::{PoolState, Store, StoreError, StoredAnswer};
use crate::model::Amount;

/// The accounts of one bank, in one mode.
#[derive(Debug)]
pub struct Ledger {
    store: Arc<Store>,
    mode: Mode,
    window: Window,
    counters: Arc<Counters>,
    queue: Queue,
}

/// Runs one function of whichever mode it is.
macro_rules! in_mode {
    ($ledger:ident, $once:ident, $function:ident($($argument:expr),*)) => {
        match $ledger.mode {
            Mode::Robust => alone!($ledger, $once, robust::$function($($argument),*)),
            Mode::Atomic => alone!($ledger, $once, atomic::$function($($argument),*)),
            Mode::Optimistic => alone!($ledger, $once, optimistic::$function($($argument),*)),
            Mode::Serializable => alone!($ledger, $once, serializable::$function($($argument),*)),
            Mode::Advisory => alone!($ledger, $once, advisory::$function($($argument),*)),
            Mode::Batched => {
                let seat = $ledger.queue.seat($once);
                batched::$function(seat, &$ledger.window, $($argument),*).await
            }
            Mode::Naive => alone!($ledger, $once, naive::$function($($argument),*)),
            Mode::Transaction => alone!($ledger, $once, transaction::$function($($argument),*)),
            Mode::CheckThenAct => alone!($ledger, $once, check_then_act::$function($($argument),*)),
        }
    };
}

/// Runs it with a connection of its own, which is held across the window in
/// every mode but `batched`, so that all of them feel the same pressure on the
/// pool.
macro_rules! alone {
    ($ledger:ident, $once:ident, $mode:ident::$function:ident($($argument:expr),*)) => {
        {
            let mut work = $ledger.work($once).await?;
            // As long as it is not boxed, it is moved with each future around it.
            Box::pin($mode::$function(&mut work, &$ledger.window, $($argument),*)).await
        }
    };
}

impl Ledger {
    pub fn new(store: Store, mode: Mode, window: Window) -> Self {
        let (store, counters) = (Arc::new(store), Arc::<Counters>::default());
        let queue = Queue::new(store.clone(), counters.clone());
        Self { store, mode, window, counters, queue }
    }

    /// Deposits or withdraws, and returns the new balance. With a key: once,
    /// however often it is sent, and always with the same answer. What is
    /// refused has not happened and uses up no key.
    pub async fn update(
        &self,
        account: i64,
        change: Change,
        key: Option<Key>,
    ) -> Result<Amount, LedgerError> {
        let once = key.map(|key| Once::new(key, change.describe(account)));
        in_mode!(self, once, update(account, change))
    }

    /// Moves money from one account to another, and returns their new
    /// balances, in that order. A key does the same as for an update.
    pub async fn transfer(
        &self,
        transfer: Transfer,
        key: Option<Key>,
    ) -> Result<[Amount; 2], LedgerError> {
        let once = key.map(|key| Once::new(key, transfer.describe()));
        in_mode!(self, once, transfer(transfer))
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

    /// How many updates wait for the next batch.
    pub fn waiting(&self) -> usize {
        self.queue.length()
    }

    async fn work(&self, once: Option<Once>) -> Result<Work<'_>, StoreError> {
        Ok(Work::new(self.store.connection().await?, once, &self.counters))
    }
}
