//! A proof of a component that is in order, without the exact checks.

use super::model::Problem;
use super::settle::{REACH, Settled, Settler};

/// How many operations are pushed at a time.
pub(super) const CHUNK: usize = 1_024;

/// An order in real time of these operations, if one is easily found. `state`
/// holds the initial balances, and is left as the order leads to.
pub(super) fn order(
    problem: &Problem,
    accounts: &[u32],
    ops: &[u32],
    state: &mut [i64],
) -> Option<Vec<u32>> {
    let mut sorted: Vec<(u64, u32)> =
        ops.iter().map(|p| (problem.ops[*p as usize].invoked, *p)).collect();
    sorted.sort_unstable();
    let mut order = Vec::with_capacity(ops.len());
    let mut settler = Settler::new(accounts.len() > 1, problem.floors.clone(), REACH);
    for (_, position) in sorted {
        settler.push(problem.ops[position as usize].clone(), position);
        if settler.waiting() >= CHUNK
            && settler.advance(state, &problem.end, accounts, |_, p| order.push(p))
                == Settled::Stuck
        {
            return None;
        }
    }
    settler.finish();
    let settled = settler.advance(state, &problem.end, accounts, |_, p| order.push(p));
    (settled == Settled::All).then_some(order)
}
