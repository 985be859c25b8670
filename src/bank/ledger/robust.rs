//! Lock, read, think, write, unlock. Whoever comes second waits, and reads
//! what the first one wrote.

use super::error::LedgerError;
use super::rules::{self, Change};
use super::window::Window;
use crate::bank::store::Connection;
use crate::model::Amount;

/// Carries out `change` and returns the new balance.
pub async fn update(
    conn: &mut Connection,
    window: &Window,
    account: i64,
    change: Change,
) -> Result<Amount, LedgerError> {
    conn.transaction(async |tx| {
        let balance = tx.read_for_update(account).await?;
        window.pause().await;
        let balance = rules::apply(balance, change)?;
        tx.write(account, balance).await?;
        Ok(balance)
    })
    .await
}
