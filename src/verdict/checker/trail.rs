//! The balance trail of one account: exact and linear.
//!
//! An acknowledged update by `d` that answered `b` is an edge `b-d -> b`. A
//! serial order of all edges is an Eulerian trail from the initial balance to
//! the final one. It exists if and only if every balance is reached as often as
//! it is left (the initial one reached once more, the final one left once more)
//! and all edges hang together with the initial balance (Euler 1736,
//! Hierholzer 1873). `O(n log n)` for sorting, linear otherwise.

use super::model::{Outcome, Problem};

/// An update with a known place: where it started, where it led, its position
/// in `Problem::ops`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) op: u32,
}

/// The edges of one account, and what has none.
#[derive(Debug, Default)]
pub(super) struct Trail {
    pub(super) account: u32,
    pub(super) initial: i64,
    pub(super) end: Option<i64>,
    /// Sorted.
    pub(super) edges: Vec<Edge>,
    /// Positions in `edges`, sorted by where they lead.
    pub(super) by_to: Vec<u32>,
    /// Acknowledged without a balance.
    pub(super) blind: Vec<u32>,
    /// Of unknown outcome.
    pub(super) unknown: Vec<u32>,
    /// What is known to have been added, in all.
    pub(super) sum: i128,
}

/// A balance that is not left as often as it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Excess {
    pub(super) balance: i64,
    /// How often it was left too often; negative for dead ends.
    pub(super) count: i64,
}

impl Trail {
    pub(super) fn new(problem: &Problem, account: u32, ops: &[u32]) -> Self {
        let mut trail = Self {
            account,
            initial: problem.initial[account as usize],
            end: problem.end[account as usize],
            ..Self::default()
        };
        for position in ops {
            let op = &problem.ops[*position as usize];
            for leg in op.kind.legs().filter(|leg| leg.account == account) {
                match (op.outcome, leg.balance) {
                    (Outcome::Ok, Some(to)) => {
                        trail.edges.push(Edge {
                            from: to.saturating_sub(leg.delta),
                            to,
                            op: *position,
                        });
                    }
                    (Outcome::Ok, None) => trail.blind.push(*position),
                    (Outcome::Info, _) => trail.unknown.push(*position),
                    _ => continue,
                }
                if op.outcome == Outcome::Ok {
                    trail.sum += i128::from(leg.delta);
                }
            }
        }
        trail.edges.sort_unstable();
        trail.by_to = (0..trail.edges.len() as u32).collect();
        trail.by_to.sort_unstable_by_key(|edge| trail.edges[*edge as usize].to);
        trail
    }

    /// Operations whose place is not known: each can make up for one fork.
    pub(super) fn floating(&self) -> usize {
        self.blind.len() + self.unknown.len()
    }

    /// The initial balance and everything acknowledged.
    pub(super) fn expected(&self) -> i128 {
        i128::from(self.initial) + self.sum
    }

    /// The edges that start from a balance.
    pub(super) fn leaving(&self, balance: i64) -> &[Edge] {
        let start = self.edges.partition_point(|edge| edge.from < balance);
        let count = self.edges[start..].partition_point(|edge| edge.from == balance);
        &self.edges[start..start + count]
    }

    /// The edges that lead to a balance.
    pub(super) fn reaching(&self, balance: i64) -> impl Iterator<Item = &Edge> + Clone {
        let to = |edge: &u32| self.edges[*edge as usize].to;
        let start = self.by_to.partition_point(|edge| to(edge) < balance);
        let count = self.by_to[start..].partition_point(|edge| to(edge) == balance);
        self.by_to[start..start + count].iter().map(|edge| &self.edges[*edge as usize])
    }

    /// Every balance that is not in balance, in ascending order. An end that is
    /// not known counts as left nowhere.
    pub(super) fn excesses(&self, end: Option<i64>) -> Vec<Excess> {
        let mut found = Vec::new();
        let mut out = self.edges.iter().map(|edge| edge.from).peekable();
        let mut into = self.by_to.iter().map(|edge| self.edges[*edge as usize].to).peekable();
        let (mut initial, mut end) = (Some(self.initial), end);
        loop {
            let heads = [out.peek().copied(), into.peek().copied(), initial, end];
            let Some(balance) = heads.into_iter().flatten().min() else { return found };
            let mut count = 0;
            while out.next_if_eq(&balance).is_some() {
                count += 1;
            }
            while into.next_if_eq(&balance).is_some() {
                count -= 1;
            }
            count -= i64::from(initial.take_if(|value| *value == balance).is_some());
            count += i64::from(end.take_if(|value| *value == balance).is_some());
            if count != 0 {
                found.push(Excess { balance, count });
            }
        }
    }

    /// Whether the account ever had this balance, as far as its edges say.
    pub(super) fn visits(&self, balance: i64) -> bool {
        self.initial == balance
            || self.end == Some(balance)
            || !self.leaving(balance).is_empty()
            || self.reaching(balance).next().is_some()
    }

    /// The smallest balance it ever had, as far as its edges say.
    pub(super) fn lowest(&self) -> i64 {
        let from = self.edges.first().map(|edge| edge.from);
        let to = self.by_to.first().map(|edge| self.edges[*edge as usize].to);
        [from, to, self.end].into_iter().flatten().fold(self.initial, i64::min)
    }
}
