//! Read, think, and write only if nobody else has written since: compare and
//! set. Nobody waits for anybody; whoever comes too late reads again.

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
    let mut retry = work.retry();
    loop {
        let attempt = compare_and_set(work, window, account, change);
        if let Some(settled) = retry.settled(attempt.await).await {
            return settled;
        }
    }
}

/// Carries out `transfer` and returns the new balances, in the order of its
/// accounts.
pub async fn transfer(
    work: &mut Work<'_>,
    window: &Window,
    transfer: Transfer,
) -> Result<[Amount; 2], LedgerError> {
    let mut retry = work.retry();
    loop {
        let attempt = compare_and_set_both(work, window, transfer);
        if let Some(settled) = retry.settled(attempt.await).await {
            return settled;
        }
    }
}

async fn compare_and_set(
    work: &mut Work<'_>,
    window: &Window,
    account: i64,
    change: Change,
) -> Result<Amount, LedgerError> {
    let read = work.reads(async |conn| Ok(conn.read_version(account).await?));
    let (balance, version) = read.await?;
    if let Some(answer) = work.answered().await? {
        return Ok(answer);
    }
    window.pause().await;
    let balance = rules::apply(balance, change)?;
    work.statement(async |conn| {
        conn.write_version(account, balance, version).await?;
        Ok(balance)
    })
    .await
}

async fn compare_and_set_both(
    work: &mut Work<'_>,
    window: &Window,
    transfer: Transfer,
) -> Result<[Amount; 2], LedgerError> {
    let [from, to] = transfer.accounts();
    let read =
        work.reads(async |conn| Ok([conn.read_version(from).await?, conn.read_version(to).await?]));
    let read = read.await?;
    if let Some(answer) = work.answered().await? {
        return Ok(answer);
    }
    window.pause().await;
    let balances = rules::apply_both(read.map(|(balance, _)| balance), transfer)?;
    work.transaction(async |tx| {
        for side in transfer.by_id() {
            let account = transfer.accounts()[side];
            tx.write_version(account, balances[side], read[side].1).await?;
        }
        Ok(balances)
    })
    .await
}
