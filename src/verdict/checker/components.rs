//! Accounts that can be judged apart: those that no operation joins.

use super::model::{Op, Problem};
use super::rules::says_nothing;

/// Accounts judged together, and the operations on them.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) accounts: Vec<u32>,
    /// Positions in `Problem::ops`, in the order of the history.
    pub(super) ops: Vec<u32>,
}

/// Which accounts are joined: union-find.
#[derive(Debug)]
pub(super) struct Joins {
    parents: Vec<u32>,
}

/// Accounts in groups that can be judged apart.
#[derive(Debug)]
pub(super) struct Groups {
    /// In the order of their first account.
    pub(super) accounts: Vec<Vec<u32>>,
    /// The group of each account.
    pub(super) of: Vec<u32>,
}

impl Joins {
    pub(super) fn new(accounts: usize) -> Self {
        Self { parents: (0..accounts as u32).collect() }
    }

    /// Joins the accounts of an operation, unless it is certain not to have
    /// happened.
    pub(super) fn join(&mut self, op: &Op) {
        let Some(first) = first_account(op) else { return };
        if says_nothing(op) {
            return;
        }
        for other in op.kind.accounts() {
            let (a, b) = (self.root(first), self.root(other));
            self.parents[a.max(b) as usize] = a.min(b);
        }
    }

    pub(super) fn groups(mut self) -> Groups {
        let mut numbers = vec![u32::MAX; self.parents.len()];
        let mut groups = Groups { accounts: Vec::new(), of: Vec::new() };
        for account in 0..self.parents.len() as u32 {
            let root = self.root(account) as usize;
            if numbers[root] == u32::MAX {
                numbers[root] = groups.accounts.len() as u32;
                groups.accounts.push(Vec::new());
            }
            groups.of.push(numbers[root]);
            groups.accounts[numbers[root] as usize].push(account);
        }
        groups
    }

    fn root(&mut self, mut account: u32) -> u32 {
        let parents = &mut self.parents;
        while parents[account as usize] != account {
            parents[account as usize] = parents[parents[account as usize] as usize];
            account = parents[account as usize];
        }
        account
    }
}

/// Components in the order of their first account; every operation is in one.
pub(super) fn components(problem: &Problem) -> Vec<Component> {
    let mut joins = Joins::new(problem.initial.len());
    problem.ops.iter().for_each(|op| joins.join(op));
    let Groups { accounts, of } = joins.groups();
    let without_ops = accounts.into_iter().map(|accounts| Component { accounts, ops: Vec::new() });
    let mut found: Vec<Component> = without_ops.collect();
    for (position, op) in (0u32..).zip(&problem.ops) {
        if let Some(account) = first_account(op) {
            found[of[account as usize] as usize].ops.push(position);
        }
    }
    found
}

pub(super) fn first_account(op: &Op) -> Option<u32> {
    op.kind.accounts().next()
}
