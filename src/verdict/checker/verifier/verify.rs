use std::collections::{BTreeMap, HashSet};

use super::again::search_again;
use super::meaning::{delta, needed, step, told, wanted};

use crate::verdict::checker::model::{Kind, Op, Outcome, Problem};
use crate::verdict::checker::report::Certificate;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It does not prove what it says.
    Wrong(&'static str),
    /// A search that cannot be done again within the budget.
    TooLarge,
}

#[derive(Debug)]
pub struct Verifier<'a> {
    problem: &'a Problem,
    groups: Vec<(Vec<usize>, Vec<usize>)>,
    /// Where in its group each account and each operation stands.
    account_at: Vec<u32>,
    op_at: Vec<u32>,
    sound: bool,
}

impl<'a> Verifier<'a> {
    /// `groups`: the accounts of each component.
    pub fn new<'g>(problem: &'a Problem, groups: impl IntoIterator<Item = &'g [u32]>) -> Self {
        let mut of = vec![usize::MAX; problem.initial.len()];
        let mut sorted = Vec::new();
        let mut account_at = vec![0; problem.initial.len()];
        let mut op_at = vec![0; problem.ops.len()];
        for (number, group) in groups.into_iter().enumerate() {
            for (at, account) in (0..).zip(group) {
                (of[*account as usize], account_at[*account as usize]) = (number, at);
            }
            sorted.push((group.iter().map(|account| *account as usize).collect(), Vec::new()));
        }
        let mut sound = !of.contains(&usize::MAX);
        for (position, op) in problem.ops.iter().enumerate() {
            let mut accounts = op.kind.accounts().map(|account| of[account as usize]);
            let Some(group) = accounts.next() else { continue };
            let joins = op.outcome != Outcome::Failed && needed(op, &problem.floors) != Some(false);
            sound &= !joins || accounts.all(|other| other == group);
            if let Some((_, ops)) = sorted.get_mut(group) {
                op_at[position] = ops.len() as u32;
                ops.push(position);
            }
        }
        Self { problem, groups: sorted, account_at, op_at, sound }
    }

    pub fn verify(
        &self,
        group: usize,
        certificate: &Certificate,
        budget: u64,
    ) -> Result<(), Refusal> {
        let Some((accounts, ops)) = self.groups.get(group).filter(|_| self.sound) else {
            return Err(Refusal::Wrong("an operation joins accounts that were judged apart"));
        };
        let op = |position: u32| {
            let listed = ops.binary_search(&(position as usize)).is_ok();
            listed.then(|| &self.problem.ops[position as usize])
        };
        let holds = match certificate {
            Certificate::Order { real_time, order } => self.order(accounts, ops, order, *real_time),
            Certificate::Forks { account, balances } => {
                self.forks(*account as usize, balances, ops)
            }
            Certificate::Unreachable { account, balances } => {
                self.unreachable(*account as usize, balances, ops)
            }
            Certificate::Sum { account } => self.sum(*account as usize, ops),
            Certificate::Total { snapshot } => {
                let told = match snapshot.map(op) {
                    None => accounts.iter().map(|a| self.problem.end[*a].map(i128::from)).sum(),
                    Some(Some(Op {
                        kind: Kind::Snapshot { balances },
                        outcome: Outcome::Ok,
                        ..
                    })) => {
                        let of: HashSet<u32> =
                            balances.iter().map(|(account, _)| *account).collect();
                        let whole = of.len() == accounts.len() && balances.len() == of.len();
                        whole
                            .then(|| balances.iter().map(|(_, balance)| i128::from(*balance)).sum())
                    }
                    Some(_) => None,
                };
                let closed = ops.iter().map(|p| &self.problem.ops[*p]).all(|op| {
                    !matches!(op.kind, Kind::Update { delta, .. } if delta != 0)
                        || matches!(op.outcome, Outcome::Failed | Outcome::Rejected)
                });
                let total = accounts.iter().map(|a| i128::from(self.problem.initial[*a])).sum();
                closed && told.is_some_and(|told: i128| told != total)
            }
            Certificate::Overdraft { op: position } => op(*position).is_some_and(|op| {
                let below = |account: &usize| {
                    let least = self.problem.floors.of(*account as u32);
                    delta(op, *account).is_some_and(|(delta, told)| {
                        delta < 0 && told.zip(least).is_some_and(|(told, least)| told < least)
                    })
                };
                op.outcome == Outcome::Ok && accounts.iter().any(below)
            }),
            Certificate::NeverThere { op: position } => op(*position).is_some_and(|op| {
                accounts.iter().any(|a| {
                    self.known(*a, ops).is_some_and(|known| {
                        let mut told = told(op).into_iter().filter(|(account, _)| account == a);
                        told.any(|(_, balance)| !known.contains_key(&balance.into()))
                    })
                })
            }),
            Certificate::NeverShort { op: position } => op(*position).is_some_and(|op| {
                let wanted = wanted(op, &self.problem.floors);
                op.outcome == Outcome::Rejected
                    && wanted.is_some_and(|(account, amount, least)| {
                        let enough = |balance: i128| balance - amount >= least;
                        match told(op).into_iter().find(|(told, _)| *told == account) {
                            Some((_, balance)) => enough(balance.into()),
                            None => self
                                .known(account, ops)
                                .is_some_and(|known| known.keys().all(|balance| enough(*balance))),
                        }
                    })
            }),
            Certificate::Exhausted { real_time } => {
                let found = search_again(self.problem, accounts, ops, *real_time, budget);
                !found.ok_or(Refusal::TooLarge)?
            }
        };
        holds.then_some(()).ok_or(Refusal::Wrong("the certificate proves nothing"))
    }

    /// Does the operations one after another.
    fn order(&self, accounts: &[usize], ops: &[usize], order: &[u32], real_time: bool) -> bool {
        let mut placed = vec![false; ops.len()];
        let mut state: Vec<i64> = accounts.iter().map(|a| self.problem.initial[*a]).collect();
        let account_at = |account: usize| {
            let at = *self.account_at.get(account)? as usize;
            (accounts.get(at) == Some(&account)).then_some(at)
        };
        let mut latest = 0;
        for position in order {
            let position = *position as usize;
            let Some(op) = self.problem.ops.get(position) else { return false };
            let end = if op.outcome == Outcome::Info { u64::MAX } else { op.completed };
            let late = real_time && end < latest;
            latest = latest.max(op.invoked);
            let place = self.op_at[position] as usize;
            if late || ops.get(place) != Some(&position) || placed[place] {
                return false;
            }
            let changed =
                step(&self.problem.floors, op, |account| Some(state[account_at(account)?]));
            let Some(changed) = changed else { return false };
            for (account, balance) in changed.into_iter().flatten() {
                let Some(at) = account_at(account) else { return false };
                state[at] = balance;
            }
            placed[place] = true;
        }
        let mut open = ops.iter().zip(&placed).filter(|(_, placed)| !**placed);
        let all = self.refused_first(order)
            && open.all(|(position, _)| {
                needed(&self.problem.ops[*position], &self.problem.floors) != Some(true)
            });
        let ended =
            |(a, balance): (&usize, &i64)| self.problem.end[*a].is_none_or(|end| end == *balance);
        all && accounts.iter().zip(&state).all(ended)
    }

    /// Whether nothing in the order is in effect before it is refused.
    fn refused_first(&self, order: &[u32]) -> bool {
        let place = |position: u32| order.iter().position(|other| *other == position);
        self.problem.refused_first.iter().all(|(operation, refusal)| {
            place(*operation).is_none_or(|late| place(*refusal).is_none_or(|early| early < late))
        })
    }

    /// For each balance, how often it was left minus how often it was reached;
    /// and how many updates have no known place.
    fn degrees(&self, account: usize, ops: &[usize]) -> (BTreeMap<i128, i64>, i64) {
        let (mut degrees, mut floating) =
            (BTreeMap::from([(i128::from(self.problem.initial[account]), -1)]), 0);
        if let Some(end) = self.problem.end[account] {
            *degrees.entry(end.into()).or_default() += 1;
        }
        for op in ops.iter().map(|position| &self.problem.ops[*position]) {
            match (delta(op, account), op.outcome) {
                (Some((delta, Some(told))), Outcome::Ok) => {
                    *degrees.entry(i128::from(told) - i128::from(delta)).or_default() += 1;
                    *degrees.entry(told.into()).or_default() -= 1;
                }
                (Some(_), Outcome::Ok | Outcome::Info) => floating += 1,
                _ => {}
            }
        }
        (degrees, floating)
    }

    /// Every balance the account can have had, where all updates are known.
    fn known(&self, account: usize, ops: &[usize]) -> Option<BTreeMap<i128, i64>> {
        let (degrees, floating) = self.degrees(account, ops);
        (floating == 0).then_some(degrees)
    }

    /// Each operation without a known place can fill one gap only.
    fn forks(&self, account: usize, balances: &[i64], ops: &[usize]) -> bool {
        let (degrees, floating) = self.degrees(account, ops);
        let distinct: HashSet<i128> = balances.iter().map(|balance| i128::from(*balance)).collect();
        distinct.iter().filter_map(|balance| degrees.get(balance)).sum::<i64>() > floating
    }

    /// No update leads into these balances, and some update is among them.
    fn unreachable(&self, account: usize, balances: &[i64], ops: &[usize]) -> bool {
        let inside: HashSet<i128> = balances.iter().map(|balance| i128::from(*balance)).collect();
        let mut any = false;
        let closed = ops.iter().all(|position| {
            let op = &self.problem.ops[*position];
            match (delta(op, account), op.outcome) {
                (Some((delta, Some(told))), Outcome::Ok) => {
                    let told = i128::from(told);
                    let from = inside.contains(&(told - i128::from(delta)));
                    let to = inside.contains(&told);
                    any |= from;
                    from || !to
                }
                (Some(_), Outcome::Ok | Outcome::Info) => false,
                _ => true,
            }
        });
        closed && any && !inside.contains(&self.problem.initial[account].into())
    }

    fn sum(&self, account: usize, ops: &[usize]) -> bool {
        let Some(end) = self.problem.end[account] else { return false };
        let own = |outcome: Outcome| {
            let ops = ops.iter().map(|position| &self.problem.ops[*position]);
            let own = ops.filter(move |op| op.outcome == outcome);
            own.filter_map(|op| delta(op, account)).map(|(delta, _)| i128::from(delta))
        };
        let mut sums = HashSet::from([
            i128::from(self.problem.initial[account]) + own(Outcome::Ok).sum::<i128>()
        ]);
        for delta in own(Outcome::Info) {
            let more: Vec<i128> = sums.iter().map(|sum| sum + delta).collect();
            sums.extend(more);
        }
        !sums.contains(&i128::from(end))
    }
}
