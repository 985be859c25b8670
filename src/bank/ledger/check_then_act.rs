//! Read, think, add. No update is lost, because the database does the
//! arithmetic; but when it does, the balance may no longer be the one that was
//! checked, and an account is overdrawn.

use super::error::LedgerError;
use super::rules::{self, Change, Transfer};
use super::window::Window;
use super::work::Work;
use crate::bank::store::Connection;
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
        rules::apply(balance, change)?;
        add(conn, account, change).await
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
        rules::apply_both(balances, transfer)?;
        let [withdraw, deposit] = transfer.changes();
        Ok([add(conn, from, withdraw).await?, add(conn, to, deposit).await?])
    })
    .await
}

async fn add(conn: &mut Connection, account: i64, change: Change) -> Result<Amount, LedgerError> {
    let added = conn.add(account, change.delta()).await?;
    match added {
        Some(balance) => Ok(balance),
        None => {
            // No such account, or no such sum?
            conn.read(account).await?;
            Err(LedgerError::Overflow)
        }
    }
}
