//! Lock, read, think, write, unlock. Whoever comes second waits, and reads
//! what the first one wrote.
//!
//! They wait for as long as the lock is held, the ways to the database and
//! back included. Those are as few as can be: BEGIN goes with the read, and the
//! write with COMMIT, because a row that is locked is certainly there.

use super::error::LedgerError;
use super::rules::{self, Change, Transfer};
use super::window::Window;
use super::work::Work;
use crate::model::Amount;

/// Carries out `change` and returns the new balance.
pub async fn update(
    work: &mut Work<'_>,
    window: &Window,
    account: i64,
    change: Change,
) -> Result<Amount, LedgerError> {
    work.transaction(async |tx| {
        let balance = tx.read_for_update(account).await?;
        window.pause().await;
        let balance = rules::apply(balance, change)?;
        tx.write(account, balance).await?;
        Ok(balance)
    })
    .await
}

/// Carries out `transfer` and returns the new balances, in the order of its
/// accounts.
pub async fn transfer(
    work: &mut Work<'_>,
    window: &Window,
    transfer: Transfer,
) -> Result<[Amount; 2], LedgerError> {
    work.transaction(async |tx| {
        let balances = tx.read_both_for_update(transfer.accounts()).await?;
        window.pause().await;
        let balances = rules::apply_both(balances, transfer)?;
        tx.write_both(transfer.accounts(), balances).await?;
        Ok(balances)
    })
    .await
}
