//! Operations of unknown outcome, invoked already: each may have taken effect
//! at any time since, or never. Equal ones are interchangeable.

use std::collections::HashMap;

use super::super::model::{Leg, Op};

/// What an operation changes: account and delta of one leg or two.
type Effect = [(u32, i64); 2];

#[derive(Debug, Default)]
pub(super) struct Unknown {
    groups: Vec<Group>,
    by_effect: HashMap<Effect, u32>,
    /// The groups that change an account by an amount.
    by_leg: HashMap<(u32, i64), Vec<u32>>,
    /// The groups that touch an account.
    by_account: HashMap<u32, Vec<u32>>,
}

#[derive(Debug, Default)]
struct Group {
    /// Numbers in the slab and times of invocation, the first invoked first.
    ops: Vec<(u32, u64)>,
    used: usize,
}

impl Unknown {
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    pub(super) fn insert(&mut self, op: &Op, number: u32) {
        let mut effect = [(u32::MAX, 0); 2];
        for (slot, Leg { account, delta, .. }) in effect.iter_mut().zip(op.kind.legs()) {
            *slot = (account, delta);
        }
        let group = *self.by_effect.entry(effect).or_insert_with(|| {
            let group = self.groups.len() as u32;
            self.groups.push(Group::default());
            for leg in op.kind.legs() {
                self.by_leg.entry((leg.account, leg.delta)).or_default().push(group);
                self.by_account.entry(leg.account).or_default().push(group);
            }
            group
        });
        self.groups[group as usize].ops.push((number, op.invoked));
    }

    /// Groups that change the account by so much.
    pub(super) fn changing(&self, account: u32, delta: i64) -> &[u32] {
        self.by_leg.get(&(account, delta)).map_or(&[], Vec::as_slice)
    }

    /// Groups that touch the account.
    pub(super) fn touching(&self, account: u32) -> &[u32] {
        self.by_account.get(&account).map_or(&[], Vec::as_slice)
    }

    /// The operation of a group that is next, if it was invoked by then.
    pub(super) fn next(&self, group: u32, bound: u64) -> Option<u32> {
        let group = &self.groups[group as usize];
        let (number, invoked) = *group.ops.get(group.used)?;
        (invoked <= bound).then_some(number)
    }

    pub(super) fn take(&mut self, group: u32) {
        self.groups[group as usize].used += 1;
    }

    pub(super) fn put_back(&mut self, group: u32) {
        self.groups[group as usize].used -= 1;
    }
}
