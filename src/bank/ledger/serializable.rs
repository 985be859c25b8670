//! Begin, read, think, write, commit, like `transaction`; but the database
//! promises that the outcome is as if each had been alone, and where it could
//! not keep that promise somebody has to give up, at any statement up to and
//! including COMMIT. Whoever gave up begins again from the start.

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
    let mut retry = work.retry();
    loop {
        let attempt = work.serializable(async |tx| {
            let balance = tx.read(account).await?;
            window.pause().await;
            let balance = rules::apply(balance, change)?;
            tx.write(account, balance).await?;
            Ok(balance)
        });
        if let Some(settled) = retry.settled(attempt.await).await {
            return settled;
        }
    }
}

/// Carries out `transfer` and returns the new balances, in the order of its
/// accounts.
pub async fn transfer(
    work: &mut Work<'_>,
    window: &Window,
    transfer: Transfer,
) -> Result<[Amount; 2], LedgerError> {
    let mut retry = work.retry();
    loop {
        let attempt = work.serializable(async |tx| {
            let [from, to] = transfer.accounts();
            let balances = [tx.read(from).await?, tx.read(to).await?];
            window.pause().await;
            let balances = rules::apply_both(balances, transfer)?;
            tx.write_both(transfer.accounts(), balances).await?;
            Ok(balances)
        });
        if let Some(settled) = retry.settled(attempt.await).await {
            return settled;
        }
    }
}
