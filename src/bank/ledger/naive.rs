//! Read, think, write. Between reading and writing anybody else may do the
//! same, and then one of the two updates is lost.

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
    work.statements(async |conn| {
        let balance = conn.read(account).await?;
        window.pause().await;
        let balance = rules::apply(balance, change)?;
        conn.write(account, balance).await?;
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
    work.statements(async |conn| {
        let [from, to] = transfer.accounts();
        let balances = [conn.read(from).await?, conn.read(to).await?];
        window.pause().await;
        let balances = rules::apply_both(balances, transfer)?;
        conn.write(from, balances[0]).await?;
        conn.write(to, balances[1]).await?;
        Ok(balances)
    })
    .await
}
