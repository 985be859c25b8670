//! One serial order of an account whose trail is balanced (Hierholzer 1873).

use super::model::Problem;
use super::rules::{Role, apply, is_short, legal, preserves, role};
use super::trail::Trail;

/// The edges that the initial balance leads to, in the order of one trail, as
/// positions in [`Trail::edges`]. Linear, without recursion.
pub(super) fn walk(trail: &Trail) -> Vec<u32> {
    let mut used: Vec<u32> = Vec::new();
    let mut starts: Vec<i64> = Vec::new();
    for (position, edge) in (0u32..).zip(&trail.edges) {
        if starts.last() != Some(&edge.from) {
            starts.push(edge.from);
            used.push(position);
        }
    }
    let mut path: Vec<(i64, Option<u32>)> = vec![(trail.initial, None)];
    let mut order = Vec::with_capacity(trail.edges.len());
    while let Some((balance, by)) = path.last().copied() {
        let next = starts.binary_search(&balance).ok().and_then(|start| {
            let position = used[start];
            let edge = trail.edges.get(position as usize).filter(|edge| edge.from == balance)?;
            used[start] += 1;
            Some((edge.to, Some(position)))
        });
        match next {
            Some(step) => path.push(step),
            None => {
                path.pop();
                order.extend(by);
            }
        }
    }
    order.reverse();
    order
}

/// The whole order, reads and rejections included, where they find a place.
/// Returns the first that finds none as an error.
pub(super) fn order(
    problem: &Problem,
    trail: &Trail,
    walk: &[u32],
    ops: &[u32],
) -> Result<Vec<u32>, u32> {
    let mut state = problem.initial.clone();
    let floor = problem.floors.of(trail.account);
    let mut reads: Vec<(i64, u32)> = Vec::new();
    let mut refused: Vec<(i64, u32)> = Vec::new();
    for position in ops {
        let op = &problem.ops[*position as usize];
        if role(op, &problem.floors) != Role::Required || !preserves(op) {
            continue;
        }
        match super::rules::key(op) {
            Some(balance) => reads.push((balance, *position)),
            // Amounts as negative numbers: the largest amount first.
            None => refused.push((op.kind.takes().map_or(0, |(_, delta)| delta), *position)),
        }
    }
    reads.sort_unstable();
    refused.sort_unstable();
    refused.reverse();
    let mut placed = vec![false; reads.len()];
    let mut order = Vec::with_capacity(ops.len());
    let edges = walk.iter().map(|edge| Some(trail.edges[*edge as usize].op)).chain([None]);
    for next in edges {
        let now = state[trail.account as usize];
        let start = reads.partition_point(|(balance, _)| *balance < now);
        for (place, (_, op)) in
            reads.iter().enumerate().skip(start).take_while(|(_, (b, _))| *b == now)
        {
            if placed[place] {
                break;
            }
            placed[place] = true;
            if !legal(&problem.ops[*op as usize], &state, &problem.floors) {
                return Err(*op);
            }
            order.push(*op);
        }
        while let Some((_, op)) =
            refused.pop_if(|(delta, _)| is_short(now, *delta, floor) != Some(false))
        {
            order.push(op);
        }
        if let Some(op) = next {
            apply(&problem.ops[op as usize], &mut state, 1);
            order.push(op);
        }
    }
    let left = placed.iter().position(|placed| !placed).map(|place| reads[place].1);
    match left.or(refused.last().map(|(_, op)| *op)) {
        Some(op) => Err(op),
        None => Ok(order),
    }
}
