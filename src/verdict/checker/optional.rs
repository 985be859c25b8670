//! Operations of unknown outcome. Equal ones are interchangeable, for all of
//! them end at infinity: of each group the first invoked is taken first.

use super::model::{Op, Problem};

#[derive(Debug)]
pub(super) struct Optional {
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    /// Positions in `Problem::ops`, by invocation.
    ops: Vec<u32>,
    used: usize,
}

impl Optional {
    pub(super) fn new(problem: &Problem, mut ops: Vec<u32>) -> Self {
        let op = |position: u32| &problem.ops[position as usize];
        // What must wait for a refusal is like no other.
        let class = |position: u32| {
            let waits = problem.refusals_before(position).next().is_some();
            (effect(op(position)), waits.then_some(position))
        };
        ops.sort_by_key(|position| (class(*position), op(*position).invoked));
        let groups = ops
            .chunk_by(|a, b| class(*a) == class(*b))
            .map(|ops| Group { ops: ops.to_vec(), used: 0 })
            .collect();
        Self { groups }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    pub(super) fn groups(&self) -> u32 {
        self.groups.len() as u32
    }

    /// The next of a group, if it was invoked by then.
    pub(super) fn next(&self, problem: &Problem, group: u32, bound: u64) -> Option<u32> {
        let group = &self.groups[group as usize];
        let position = *group.ops.get(group.used)?;
        (problem.ops[position as usize].invoked <= bound).then_some(position)
    }

    /// Whether any that is left could come before `time` and touch an account.
    pub(super) fn touches(&self, problem: &Problem, account: u32, time: u64) -> bool {
        (0..self.groups()).filter_map(|group| self.next(problem, group, time)).any(|position| {
            problem.ops[position as usize].kind.legs().any(|leg| leg.account == account)
        })
    }

    pub(super) fn take(&mut self, group: u32) {
        self.groups[group as usize].used += 1;
    }

    pub(super) fn put_back(&mut self, group: u32) {
        self.groups[group as usize].used -= 1;
    }
}

fn effect(op: &Op) -> [(u32, i64); 2] {
    let mut effect = [(u32::MAX, 0); 2];
    for (slot, leg) in effect.iter_mut().zip(op.kind.legs()) {
        *slot = (leg.account, leg.delta);
    }
    effect
}
