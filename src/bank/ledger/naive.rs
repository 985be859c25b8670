//! Read, think, write. Between reading and writing anybody else may do the
//! same, and then one of the two updates is lost.

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
    work.statements(async |conn| {
        let balance = conn.read(account).await?;
        window.pause().await;
        let balance = rules::apply(balance, change)?;
        conn.write(account, balance).await?;
        Ok(balance)
    })
    .await
}
