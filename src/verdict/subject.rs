//! The accounts that are judged, and what an entry of the history says of them.

use std::collections::BTreeMap;

use super::checker::{Kind, Op, Outcome};
use crate::facts::{Entry, Facts, History};
use crate::model::{self, AccountId, Amount};

/// The accounts whose starting balance is known, in their order; the checker's
/// numbers are positions in here.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) accounts: Vec<AccountId>,
    pub(super) initial: Vec<Amount>,
    pub(super) end: Vec<Option<Amount>>,
    history: &'a History,
    /// The numbers of the history's accounts.
    known: Vec<Option<u32>>,
}

impl<'a> Subject<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        let accounts: Vec<AccountId> = facts.initial.keys().cloned().collect();
        let numbers: BTreeMap<&AccountId, u32> = accounts.iter().zip(0..).collect();
        let number = |account: &AccountId| numbers.get(account).copied();
        Self {
            initial: facts.initial.values().copied().collect(),
            end: accounts.iter().map(|account| facts.end.get(account).copied()).collect(),
            known: facts.history.accounts().iter().map(number).collect(),
            history: &facts.history,
            accounts,
        }
    }

    /// `None`: it says nothing of these accounts.
    pub(super) fn op(&self, entry: &Entry) -> Option<Op> {
        match entry.snapshot {
            Some(number) => {
                snapshot(entry, self.history.snapshots().get(number as usize)?, &self.known)
            }
            None => update(entry, &self.known),
        }
    }

    pub(super) fn name(&self, account: u32) -> String {
        self.accounts.get(account as usize).map(AccountId::to_string).unwrap_or_default()
    }
}

/// `None` where an account is not known, or where there is nothing to learn: a
/// read that was not answered.
fn update(entry: &Entry, known: &[Option<u32>]) -> Option<Op> {
    let number = |account: u32| known.get(account as usize).copied().flatten();
    let account = number(entry.account?)?;
    let kind = match (entry.to, entry.delta) {
        (Some(to), delta) => Kind::Transfer {
            from: account,
            to: number(to)?,
            amount: -delta,
            from_balance: entry.balance,
            to_balance: entry.to_balance,
        },
        (None, 0) if entry.outcome == model::Outcome::Ok => {
            Kind::Read { account, balance: entry.balance? }
        }
        (None, 0) => return None,
        (None, delta) => Kind::Update { account, delta, balance: entry.balance },
    };
    let outcome = match entry.outcome {
        model::Outcome::Ok => Outcome::Ok,
        model::Outcome::Rejected => Outcome::Rejected,
        model::Outcome::Failed => Outcome::Failed,
        model::Outcome::Unknown => Outcome::Info,
    };
    let (invoked, completed) = (entry.invoked, entry.completed);
    Some(Op { id: entry.index, invoked, completed, kind, outcome })
}

/// A look at all accounts, as far as they are known.
fn snapshot(entry: &Entry, balances: &[(u32, Amount)], known: &[Option<u32>]) -> Option<Op> {
    let known = |account: &u32| known.get(*account as usize).copied().flatten();
    let balances: Vec<(u32, Amount)> = balances
        .iter()
        .filter_map(|(account, balance)| Some((known(account)?, *balance)))
        .collect();
    let kind = Kind::Snapshot { balances: balances.into() };
    let Entry { index: id, invoked, completed, .. } = *entry;
    (entry.outcome == model::Outcome::Ok).then_some(Op {
        id,
        invoked,
        completed,
        kind,
        outcome: Outcome::Ok,
    })
}
