//! Begin, read, think, write, commit. It looks safe, and it is what most
//! people try first: but at READ COMMITTED a transaction keeps nobody from
//! reading the same balance, and one of the two updates is lost as before.
//! It adds a trouble of its own: two transfers that go against each other may
//! wait for each other, until PostgreSQL sends one of them away (which is
//! answered 503: nothing was applied).

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
    work.transaction(async |tx| {
        let balance = tx.read(account).await?;
        window.pause().await;
        let balance = rules::apply(balance, change)?;
        tx.write(account, balance).await?;
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
    work.transaction(async |tx| {
        let [from, to] = transfer.accounts();
        let balances = [tx.read(from).await?, tx.read(to).await?];
        window.pause().await;
        let balances = rules::apply_both(balances, transfer)?;
        tx.write(from, balances[0]).await?;
        tx.write(to, balances[1]).await?;
        Ok(balances)
    })
    .await
}
