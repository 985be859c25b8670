//! Lock, read, think, write, unlock, like `robust`; but the lock has only the
//! account's number and nothing to do with its row. It is a statement of its
//! own: the one that reads must begin, and choose what it sees, after the lock
//! is held. Whoever forgets to ask for the lock is not held up by it.

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
        tx.lock(account).await?;
        let balance = tx.read(account).await?;
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
        let [from, to] = transfer.accounts();
        tx.lock(from.min(to)).await?;
        tx.lock(from.max(to)).await?;
        let balances = [tx.read(from).await?, tx.read(to).await?];
        window.pause().await;
        let balances = rules::apply_both(balances, transfer)?;
        tx.write_both(transfer.accounts(), balances).await?;
        Ok(balances)
    })
    .await
}
