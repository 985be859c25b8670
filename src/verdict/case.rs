//! From the facts of a run to a problem the checker can solve.

use std::collections::{BTreeMap, HashMap};

use super::checker::{Attempt, Kind, Op, Outcome, Problem, retries};
use crate::facts::{Entry, Facts};
use crate::model::{self, AccountId, Amount};

/// A run as the checker sees it.
#[derive(Debug)]
pub(super) struct Case {
    /// The accounts whose starting balance is known, in their order; the
    /// checker's numbers are positions in here.
    pub(super) accounts: Vec<AccountId>,
    /// With several attempts at one operation merged into one: it is to happen
    /// at most once.
    pub(super) once: Problem,
    /// With every attempt by itself, where some carry no idempotency key, so
    /// that the service cannot tell them apart.
    pub(super) each: Option<Problem>,
    /// The logical operation of each attempt without a key, by the attempt's id.
    pub(super) operation_of: HashMap<u64, u64>,
    /// What is wrong with the attempts themselves.
    pub(super) of_attempts: Vec<super::checker::Anomaly>,
}

impl Case {
    /// Operations on accounts whose starting balance is not known are left out.
    pub(super) fn of(facts: &Facts, overdraft_forbidden: bool) -> Self {
        let accounts: Vec<AccountId> = facts.initial.keys().cloned().collect();
        let numbers: BTreeMap<&AccountId, u32> = accounts.iter().zip(0..).collect();
        let known: Vec<Option<u32>> =
            facts.history.accounts().iter().map(|account| numbers.get(account).copied()).collect();
        let entries = facts.history.entries();
        let op = |entry: &Entry| match entry.snapshot {
            Some(number) => {
                snapshot(entry, facts.history.snapshots().get(number as usize)?, &known)
            }
            None => op(entry, &known),
        };

        let mut single = Vec::with_capacity(entries.len());
        let mut attempts = Vec::new();
        let mut operation_of = HashMap::new();
        for entry in entries {
            let Some(op) = op(&entry) else { continue };
            match entry.attempt {
                None => single.push(op),
                Some(attempt) => {
                    if !attempt.keyed {
                        operation_of.insert(op.id, attempt.operation);
                    }
                    attempts.push(Attempt { key: attempt.operation, op });
                }
            }
        }
        let problem = |ops: Vec<Op>| Problem {
            initial: facts.initial.values().copied().collect(),
            end: accounts.iter().map(|account| facts.end.get(account).copied()).collect(),
            ops,
            overdraft_forbidden,
        };
        let each = (!operation_of.is_empty()).then(|| {
            let attempts = attempts.iter().map(|attempt| attempt.op.clone());
            problem(single.iter().cloned().chain(attempts).collect())
        });
        let (merged, of_attempts) = retries(&attempts);
        single.extend(merged);
        let once = problem(single);
        Self { accounts, once, each, operation_of, of_attempts }
    }

    pub(super) fn name(&self, account: u32) -> String {
        self.accounts.get(account as usize).map(AccountId::to_string).unwrap_or_default()
    }
}

/// `None` where an account is not known, or where there is nothing to learn: a
/// read that was not answered.
fn op(entry: &Entry, known: &[Option<u32>]) -> Option<Op> {
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
