//! Begin, read, think, write, commit. It looks safe, and it is what most
//! people try first: but at READ COMMITTED a transaction keeps nobody from
//! reading the same balance, and one of the two updates is lost as before.

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
        let balance = tx.read(account).await?;
        window.pause().await;
        let balance = rules::apply(balance, change)?;
        tx.write(account, balance).await?;
        Ok(balance)
    })
    .await
}
