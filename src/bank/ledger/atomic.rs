//! Read, think and write in one statement: the database does the arithmetic,
//! and the condition is part of it. There is no moment between reading and
//! writing, so the race window comes before.

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
        window.pause().await;
        add(conn, account, change).await
    })
    .await
}

async fn add(conn: &mut Connection, account: i64, change: Change) -> Result<Amount, LedgerError> {
    let added = conn.add_within(account, change.delta(), rules::bearable(change)).await?;
    match added {
        Some(balance) => Ok(balance),
        None => {
            // No such account, or no such balance?
            conn.read(account).await?;
            Err(rules::refusal(change))
        }
    }
}
