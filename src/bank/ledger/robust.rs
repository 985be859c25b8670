//! Lock, read, think, write, unlock. Whoever comes second waits, and reads
//! what the first one wrote.

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
    work.transaction(async |tx| {
        let balance = tx.read_for_update(account).await?;
        window.pause().await;
        let balance = rules::apply(balance, change)?;
        tx.write(account, balance).await?;
        Ok(balance)
    })
    .await
}
