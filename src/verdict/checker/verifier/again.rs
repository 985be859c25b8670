//! The verifier's own search: plain sets of what was done, compared exactly.

use std::collections::{BTreeMap, HashSet};

use super::meaning::{needed, step};
use crate::verdict::checker::model::{Outcome, Problem};

/// What was done: everything required before `low`, and these.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Done {
    low: usize,
    beyond: Vec<usize>,
    unknown: Vec<usize>,
}

/// Whether an order exists; `None` when that takes too long to find out.
pub(super) fn search_again(
    problem: &Problem,
    accounts: &[usize],
    ops: &[usize],
    real_time: bool,
    budget: u64,
) -> Option<bool> {
    let of = |kind: Option<bool>| -> Vec<usize> {
        let mut of: Vec<usize> = ops
            .iter()
            .copied()
            .filter(|p| needed(&problem.ops[*p], &problem.floors) == kind)
            .collect();
        of.sort_by_key(|position| problem.ops[*position].invoked);
        of
    };
    let (required, unknown) = (of(Some(true)), of(None));
    let state: BTreeMap<usize, i64> = accounts.iter().map(|a| (*a, problem.initial[*a])).collect();
    let start = Done { low: 0, beyond: Vec::new(), unknown: Vec::new() };
    let (mut seen, mut open) = (HashSet::from([start.clone()]), vec![(start, state)]);
    let mut work = 0;
    while let Some((done, state)) = open.pop() {
        let ended =
            |(a, balance): (&usize, &i64)| problem.end[*a].is_none_or(|end| end == *balance);
        if done.low == required.len() && state.iter().all(ended) {
            return Some(true);
        }
        let mut bound = u64::MAX;
        let mut next: Vec<(usize, bool)> = Vec::new();
        for (index, position) in required.iter().enumerate().skip(done.low) {
            let op = &problem.ops[*position];
            if real_time && op.invoked > bound {
                break;
            }
            work += 1;
            if done.beyond.binary_search(&index).is_err() {
                bound = bound.min(op.completed);
                next.push((index, true));
            }
        }
        next.extend((0..unknown.len()).filter(|i| !done.unknown.contains(i)).map(|i| (i, false)));
        let mut children = Vec::new();
        let is_done = |position: usize| {
            if needed(&problem.ops[position], &problem.floors) == Some(false) {
                return true;
            }
            let index = required.iter().position(|other| *other == position);
            index.is_some_and(|i| i < done.low || done.beyond.binary_search(&i).is_ok())
        };
        for (index, is_required) in next {
            let position = if is_required { required[index] } else { unknown[index] };
            let op = &problem.ops[position];
            work += 1 + accounts.len() as u64;
            let mut refusals =
                problem.refused_first.iter().filter(|(later, _)| *later as usize == position);
            if !refusals.all(|(_, refusal)| is_done(*refusal as usize)) {
                continue;
            }
            let changed = step(&problem.floors, op, |account| state.get(&account).copied());
            let Some(changed) = changed.filter(|_| !real_time || op.invoked <= bound) else {
                continue;
            };
            let mut after = state.clone();
            after.extend(changed.into_iter().flatten());
            let mut then = done.clone();
            insert(if is_required { &mut then.beyond } else { &mut then.unknown }, index);
            while then.beyond.first() == Some(&then.low) {
                then.beyond.remove(0);
                then.low += 1;
            }
            // What changes nothing is done at once: it only lifts restrictions.
            let idle = after == state && op.outcome != Outcome::Info;
            if idle {
                children.clear();
            }
            children.push((then, after));
            if idle {
                break;
            }
        }
        if work > budget.saturating_mul(16) || seen.len() as u64 > budget {
            return None;
        }
        for (then, after) in children {
            if seen.insert(then.clone()) {
                open.push((then, after));
            }
        }
    }
    Some(false)
}

fn insert(sorted: &mut Vec<usize>, index: usize) {
    let place = sorted.partition_point(|other| *other < index);
    sorted.insert(place, index);
}
