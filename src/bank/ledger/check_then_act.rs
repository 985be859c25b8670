//! Read, think, add. No update is lost, because the database does the
//! arithmetic; but when it does, the balance may no longer be the one that was
//! checked, and an account is overdrawn.

use super::error::LedgerError;
use super::rules::{self, Change};
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
