//! Read, think, and write only if nobody else has written since: compare and
//! set. Nobody waits for anybody; whoever comes too late reads again.

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
    let mut retry = work.retry();
    loop {
        let updated = work.statements(async |conn| {
            let (balance, version) = conn.read_version(account).await?;
            window.pause().await;
            let balance = rules::apply(balance, change)?;
            conn.write_version(account, balance, version).await?;
            Ok(balance)
        });
        let updated = updated.await;
        if let Some(settled) = retry.settled(updated).await {
            return settled;
        }
    }
}
