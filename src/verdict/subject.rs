//! The accounts that are judged, and what an entry of the history says of them.

use std::collections::BTreeMap;

use super::checker::{Client, Kind, Op, Outcome};
use crate::facts::{Entry, Facts, History, virtual_user};
use crate::model::{self, AccountId, Amount, OPEN, OperationKind};

/// The accounts whose starting balance is known, in their order; the checker's
/// numbers are positions in here.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) accounts: Vec<AccountId>,
    pub(super) initial: Vec<Amount>,
    pub(super) end: Vec<Option<Amount>>,
    /// Whether a fault put another database server in the place of the first.
    pub(super) has_failed_over: bool,
    /// Whether the times of the history contradict nothing.
    pub(super) has_sound_clock: bool,
    history: &'a History,
    /// As in [`Facts::arrival_rate`].
    arrival_rate: &'a [[u32; 2]],
    /// The numbers of the history's accounts.
    known: Vec<Option<u32>>,
}

impl<'a> Subject<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        let open_ended = facts.history.open_ended_accounts();
        let known = facts.initial.iter().filter(|(account, _)| !open_ended.contains(*account));
        let accounts: Vec<AccountId> = known.clone().map(|(account, _)| account.clone()).collect();
        let numbers: BTreeMap<&AccountId, u32> = accounts.iter().zip(0..).collect();
        let number = |account: &AccountId| numbers.get(account).copied();
        Self {
            initial: known.map(|(_, initial)| *initial).collect(),
            end: accounts.iter().map(|account| facts.end.get(account).copied()).collect(),
            known: facts.history.accounts().iter().map(number).collect(),
            has_failed_over: facts.faults.iter().any(|fault| fault.what.contains("failover")),
            has_sound_clock: facts.disorder.is_none(),
            history: &facts.history,
            arrival_rate: &facts.arrival_rate,
            accounts,
        }
    }

    /// Takes these accounts to end as they began.
    pub(super) fn forget_ends(&mut self, accounts: Vec<&AccountId>) {
        for account in accounts {
            if let Ok(place) = self.accounts.binary_search(account) {
                self.end[place] = Some(self.initial[place]);
            }
        }
    }

    /// `None`: it says nothing of these accounts, or was a look without an answer.
    pub(super) fn op(&self, entry: &Entry) -> Option<Op> {
        let number = |account: u32| self.known.get(account as usize).copied().flatten();
        let kind = match entry.kind {
            OperationKind::Transfer { from, to, amount } => match (number(from), number(to)) {
                (Some(from), Some(to)) => {
                    let (from_balance, to_balance) = (entry.balance, entry.to_balance);
                    Kind::Transfer { from, to, amount, from_balance, to_balance }
                }
                // To the account that is known it is an update.
                (Some(account), None) => {
                    Kind::Update { account, delta: -amount, balance: entry.balance }
                }
                (None, Some(account)) => {
                    Kind::Update { account, delta: amount, balance: entry.to_balance }
                }
                (None, None) => return None,
            },
            OperationKind::Update { account, delta } if delta != 0 && delta != OPEN => {
                Kind::Update { account: number(account)?, delta, balance: entry.balance }
            }
            OperationKind::Update { account, .. } | OperationKind::Read { account } => {
                let balance = entry.balance.filter(|_| entry.outcome == model::Outcome::Ok)?;
                Kind::Read { account: number(account)?, balance }
            }
            OperationKind::Snapshot => {
                let read = entry.snapshot.filter(|_| entry.outcome == model::Outcome::Ok)?;
                let balances = self.history.snapshots().get(read as usize)?;
                let known = |(account, balance): &_| Some((number(*account)?, *balance));
                Kind::Snapshot { balances: balances.iter().filter_map(known).collect() }
            }
        };
        let outcome = match entry.outcome {
            model::Outcome::Ok => Outcome::Ok,
            model::Outcome::Rejected => Outcome::Rejected,
            model::Outcome::Failed => Outcome::Failed,
            model::Outcome::Unknown => Outcome::Info,
        };
        let Entry { index: id, invoked, completed, .. } = *entry;
        Some(Op { id, invoked, completed, kind, outcome })
    }

    /// Who sent it.
    pub(super) fn client(&self, entry: &Entry) -> Client {
        let Entry { process, read_at, in_conflict, .. } = *entry;
        let is_due = |[first, last]: &[u32; 2]| (*first..=*last).contains(&virtual_user(process));
        Client { process, read_at, awaits: !self.arrival_rate.iter().any(is_due), in_conflict }
    }

    /// Whether the start of this account of the history is known.
    pub(super) fn knows(&self, account: u32) -> bool {
        self.known.get(account as usize).is_some_and(Option::is_some)
    }

    pub(super) fn name(&self, account: u32) -> String {
        self.accounts.get(account as usize).map(AccountId::to_string).unwrap_or_default()
    }
}
