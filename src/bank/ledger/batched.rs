//! Lock, read, think, write, unlock, like `robust`; but for all who have come
//! since the last time, in one transaction. Whoever comes meanwhile joins the
//! next one. Each is answered as if it had been alone, in the order in which
//! they came, and nobody before COMMIT: what the row's lock and the disk allow
//! so and so often a second is one batch, and no longer one update.
//!
//! How a batch comes together is in `batch/`. Several servers on one database
//! have batches of their own, and the row locks keep those apart.

use super::batch::{Answers, Asked, Keys, Request, Seat};
use super::error::LedgerError;
use super::once::Answer;
use super::rules::{Change, Transfer};
use super::window::Window;
use crate::bank::store::Connection;
use crate::model::Amount;

/// Has `change` carried out with the next batch and returns the new balance.
pub async fn update(
    seat: Seat<'_>,
    window: &Window,
    account: i64,
    change: Change,
) -> Result<Amount, LedgerError> {
    let answer = seat.take(window, Request::Change { account, change }).await?;
    Ok(Amount::restore(answer))
}

/// Has `transfer` carried out with the next batch and returns the new
/// balances, in the order of its accounts.
pub async fn transfer(
    seat: Seat<'_>,
    window: &Window,
    transfer: Transfer,
) -> Result<[Amount; 2], LedgerError> {
    let answer = seat.take(window, Request::Transfer(transfer)).await?;
    Ok(<[Amount; 2]>::restore(answer))
}

/// Carries out a batch within a transaction, and returns what each of it may be
/// answered once that is committed.
///
/// All rows are locked by one statement, in the order of their numbers, those
/// of transfers among them: two servers never wait for each other.
pub(super) async fn carry_out(
    tx: &mut Connection,
    window: &Window,
    batch: &[Asked],
) -> Result<Answers, LedgerError> {
    let mut keys = Keys::claim(tx, batch).await?;
    let before = tx.read_many_for_update(keys.accounts_to_lock(batch)).await?;
    if !before.is_empty() {
        window.pause().await;
    }
    let mut balances = before.clone();
    let answers = batch
        .iter()
        .map(|asked| keys.answer_once(asked, || asked.request.apply(&mut balances)))
        .collect();
    balances.retain(|account, balance| before.get(account) != Some(balance));
    tx.write_many(&balances).await?;
    keys.settle(tx).await?;
    Ok(Answers { each: answers, repeats: keys.repeats() })
}
