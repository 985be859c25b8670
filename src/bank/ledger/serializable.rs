//! Begin, read, think, write, commit, like `transaction`; but the database
//! promises that the outcome is as if each had been alone, and where it could
//! not keep that promise somebody has to give up, at any statement up to and
//! including COMMIT. Whoever gave up begins again from the start.

use super::error::LedgerError;
use super::rules::{self, Change};
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
        let updated = work.serializable(async |tx| {
            let balance = tx.read(account).await?;
            window.pause().await;
            let balance = rules::apply(balance, change)?;
            tx.write(account, balance).await?;
            Ok(balance)
        });
        let updated = updated.await;
        if let Some(settled) = retry.settled(updated).await {
            return settled;
        }
    }
}
