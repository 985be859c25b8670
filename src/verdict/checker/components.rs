//! Accounts that can be judged apart: those that no operation joins.

use super::model::{Op, Problem};
use super::rules::{Role, role};

/// Accounts judged together, and the operations on them.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) accounts: Vec<u32>,
    /// Positions in `Problem::ops`, in the order of the history.
    pub(super) ops: Vec<u32>,
}

/// Components in the order of their first account. Operations that are certain
/// not to have happened join nothing; every operation is in one component.
pub(super) fn components(problem: &Problem) -> Vec<Component> {
    let count = problem.initial.len();
    let mut parents: Vec<u32> = (0..count as u32).collect();
    for op in problem.ops.iter().filter(|op| role(op) != Role::Ignored) {
        let Some(first) = first_account(op) else { continue };
        for other in op.kind.accounts() {
            let (a, b) = (root(&mut parents, first), root(&mut parents, other));
            parents[a.max(b) as usize] = a.min(b);
        }
    }
    let mut numbers = vec![u32::MAX; count];
    let mut found: Vec<Component> = Vec::new();
    for account in 0..count as u32 {
        let root = root(&mut parents, account) as usize;
        if numbers[root] == u32::MAX {
            numbers[root] = found.len() as u32;
            found.push(Component { accounts: Vec::new(), ops: Vec::new() });
        }
        found[numbers[root] as usize].accounts.push(account);
    }
    for (position, op) in (0u32..).zip(&problem.ops) {
        if let Some(account) = first_account(op) {
            let root = root(&mut parents, account) as usize;
            found[numbers[root] as usize].ops.push(position);
        }
    }
    found
}

fn first_account(op: &Op) -> Option<u32> {
    op.kind.accounts().next()
}

fn root(parents: &mut [u32], mut account: u32) -> u32 {
    while parents[account as usize] != account {
        parents[account as usize] = parents[parents[account as usize] as usize];
        account = parents[account as usize];
    }
    account
}
