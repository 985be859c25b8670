//! Read, think and write in one statement: the database does the arithmetic,
//! and the condition is part of it. There is no moment between reading and
//! writing, so the race window comes before. A transfer is two such statements
//! in one transaction, in the order of the accounts' numbers, so that two
//! transfers never wait for each other.

use super::error::LedgerError;
use super::rules::{self, Change, Transfer};
use super::window::Window;
use super::work::Work;
use crate::bank::store::{Connection, StoreError};
use crate::model::Amount;

/// Carries out `change` and returns the new balance.
pub async fn update(
    work: &mut Work<'_>,
    window: &Window,
    account: i64,
    change: Change,
) -> Result<Amount, LedgerError> {
    window.pause().await;
    work.statement(async |conn| add(conn, account, change).await).await
}

/// Carries out `transfer` and returns the new balances, in the order of its
/// accounts.
pub async fn transfer(
    work: &mut Work<'_>,
    window: &Window,
    transfer: Transfer,
) -> Result<[Amount; 2], LedgerError> {
    window.pause().await;
    work.transaction(async |tx| {
        let mut balances = [0; 2];
        for side in transfer.by_id() {
            let (account, change) = (transfer.accounts()[side], transfer.changes()[side]);
            match add(tx, account, change).await {
                Ok(balance) => balances[side] = balance,
                // The database gave up, and takes no more questions.
                Err(failure @ LedgerError::Store(_)) if !is_unknown(&failure) => {
                    return Err(failure);
                }
                Err(refusal) => {
                    // An account that does not exist comes first.
                    for account in transfer.accounts() {
                        tx.read(account).await?;
                    }
                    return Err(refusal);
                }
            }
        }
        Ok(balances)
    })
    .await
}

fn is_unknown(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Store(StoreError::UnknownAccount(_)))
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
