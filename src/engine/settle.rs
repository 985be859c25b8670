//! The balances at the end. They may follow the answers with a delay: there is a
//! queue behind `202 Accepted`, or reads come from a replica.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::books::{Accounts, Books};
use super::{Client, Stop};
use crate::facts::Settling;
use crate::model::AccountId;

/// How long balances are asked for before they count as unreadable.
const READ_PATIENCE: Duration = Duration::from_secs(5);
const READ_INTERVAL: Duration = Duration::from_millis(300);
/// How long balances must hold still, after operations whose outcome is unknown.
const QUIET: Duration = Duration::from_secs(1);
/// Readings at most, until two of them agree.
const READINGS: u32 = 10;

/// How long balances that disagree may stand still before they count as final.
const USUAL: Duration = Duration::from_secs(1);
/// The same where an answer was `202 Accepted`: done later, as it says itself.
const ACCEPTED: Duration = Duration::from_secs(5);
/// Balances that never stand still are given up after so many times that.
const MOST: u32 = 10;
/// How long after one look the next one comes, at first and at most.
const SOON: Duration = Duration::from_millis(20);
const LATEST: Duration = Duration::from_millis(250);

/// How long to look again at balances that disagree with the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    still: Duration,
}

impl Patience {
    /// `stated`: by the scenario. `accepted`: whether an answer was a 202.
    pub(super) fn new(stated: Option<Duration>, accepted: bool) -> Self {
        let usual = if accepted { ACCEPTED } else { USUAL };
        Self { still: stated.unwrap_or(usual) }
    }
}

/// Reads until the balances agree, or have stood still for long enough.
/// `balances`: as they were read at first, when they disagreed.
pub(super) async fn settle(
    mut balances: Accounts,
    Patience { still }: Patience,
    agree: impl Fn(&Accounts) -> bool,
    books: &Books,
    client: &mut Client,
    stop: &Stop,
) -> (Accounts, Settling) {
    let accounts: BTreeSet<AccountId> = balances.keys().cloned().collect();
    let began = Instant::now();
    let (mut changed, mut wait, mut agreed) = (began, SOON, false);
    while !agreed && changed.elapsed() < still && began.elapsed() < still * MOST {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.halted() => break,
        }
        wait = (wait * 2).min(LATEST);
        let again = read_all(books, client, &accounts).await;
        if again != balances {
            changed = Instant::now();
            balances = again;
        }
        agreed = agree(&balances);
    }
    (balances, Settling { waited: began.elapsed(), agreed })
}

/// Reads the accounts until two readings, [`QUIET`] apart, agree: a request
/// whose answer never came may still be at work. Gives up after a few.
pub(super) async fn read_when_quiet(
    books: &Books,
    client: &mut Client,
    accounts: &BTreeSet<AccountId>,
) -> Accounts {
    let mut balances = read_all(books, client, accounts).await;
    for _ in 0..READINGS {
        tokio::time::sleep(QUIET).await;
        let again = read_all(books, client, accounts).await;
        if again == balances {
            break;
        }
        balances = again;
    }
    balances
}

/// Reads as many of the accounts as can be read.
pub(super) async fn read_all(
    books: &Books,
    client: &mut Client,
    accounts: &BTreeSet<AccountId>,
) -> Accounts {
    let began = Instant::now();
    let mut balances = Accounts::new();
    while balances.len() < accounts.len() {
        if books.reads_all_at_once() {
            if let Ok(all) = books.read_all(client).await {
                let known = all.into_iter().filter(|(account, _)| accounts.contains(account));
                balances.extend(known);
            }
        } else {
            for account in accounts {
                // Where one cannot be read, the others hardly can.
                let Ok(balance) = books.read_one(client, account).await else { break };
                balances.insert(account.clone(), balance);
            }
        }
        if balances.len() == accounts.len() || began.elapsed() > READ_PATIENCE {
            break;
        }
        tokio::time::sleep(READ_INTERVAL).await;
    }
    balances
}
