//! What a fork says: who collided with whom, as far as it can be known.

use super::anomaly::{Anomaly, AnomalyKind, DeadEnd, Fork};
use super::case::Case;
use super::model::{Kind, Op};
use super::naming::{ids, money};
use super::trail::{Edge, Trail};

/// Describes the smallest forks of an account, and counts the others.
pub(super) fn anomalies(
    case: &Case<'_>,
    trail: &Trail,
    balances: &[i64],
    most: usize,
) -> (Vec<Anomaly>, usize) {
    let size = |balance: &i64| {
        let producers = trail.reaching(*balance).count() + usize::from(*balance == trail.initial);
        (producers > 1, producers + trail.leaving(*balance).len())
    };
    let mut sorted: Vec<i64> = balances.to_vec();
    sorted.sort_by_cached_key(size);
    let more = sorted.len().saturating_sub(most);
    sorted.truncate(most);
    let excesses = trail.excesses(trail.end);
    let dead: Vec<i64> = excesses.iter().filter(|ex| ex.count < 0).map(|ex| ex.balance).collect();
    let count = |balance: i64| {
        excesses.binary_search_by_key(&balance, |ex| ex.balance).map_or(0, |at| excesses[at].count)
    };
    let describe = |balance: &i64| describe(case, trail, *balance, count(*balance), &dead);
    (sorted.iter().map(describe).collect(), more)
}

fn describe(case: &Case<'_>, trail: &Trail, balance: i64, excess: i64, dead: &[i64]) -> Anomaly {
    let op = |edge: &Edge| &case.problem.ops[edge.op as usize];
    let consumers: Vec<&Op> = trail.leaving(balance).iter().map(op).collect();
    let producers: Vec<u64> = trail.reaching(balance).map(|edge| op(edge).id).collect();
    let initial = balance == trail.initial;
    let fork = Fork {
        balance,
        producers,
        initial,
        consumers: consumers.iter().map(|op| op.id).collect(),
        end: trail.end == Some(balance),
        excess: excess.unsigned_abs(),
    };
    let existed = fork.producers.len() + usize::from(initial);
    let certain = existed <= 1 && trail.floating() == 0;
    let mut anomaly = Anomaly::new(AnomalyKind::LostUpdate, trail.account, fork.consumers.clone());
    anomaly.certain = certain;
    anomaly.dead_ends = dead_ends(case, trail, balance, dead);
    if existed == 0 {
        if let Some(twice) = applied_twice(trail, balance, dead) {
            anomaly.kind = AnomalyKind::DuplicateApplication;
            anomaly.operations = vec![case.problem.ops[twice as usize].id];
            anomaly.certain = false;
        } else if consumers.is_empty() {
            anomaly.kind = AnomalyKind::FinalBalance;
        } else {
            anomaly.kind = AnomalyKind::GarbageRead;
        }
    } else {
        // A balance that existed once and is the final one again: what led away
        // from it vanished. One that came back now and then says no such thing.
        let collided = consumers.len() > existed || existed > 1;
        match collision(&consumers).filter(|_| collided) {
            Some(pair) => anomaly.pair = Some(pair),
            None => vanished(case, trail, &consumers, &mut anomaly),
        }
    }
    anomaly.balance = Some(balance);
    anomaly.money = money(trail);
    anomaly.fork = Some(fork);
    anomaly
}

/// Two of them that were under way at the same time.
fn collision(consumers: &[&Op]) -> Option<(u64, u64)> {
    let mut sorted = consumers.to_vec();
    sorted.sort_by_key(|op| (op.invoked, op.id));
    let mut longest = *sorted.first()?;
    for op in &sorted[1..] {
        if longest.overlaps(op) {
            return Some((longest.id, op.id));
        }
        if op.completed > longest.completed {
            longest = op;
        }
    }
    None
}

/// An acknowledged update of which its successor, or the end, knows nothing:
/// the first of the consumers, since no two of them overlapped.
fn vanished(case: &Case<'_>, trail: &Trail, consumers: &[&Op], anomaly: &mut Anomaly) {
    let mut sorted = consumers.to_vec();
    sorted.sort_by_key(|op| (op.completed, op.id));
    let Some(first) = sorted.first() else { return };
    anomaly.kind = AnomalyKind::LostWrite;
    anomaly.certain &= sorted.len() <= 2;
    anomaly.operations = vec![first.id];
    anomaly.pair = sorted.get(1).map(|second| (first.id, second.id));
    if let Kind::Transfer { .. } = first.kind
        && other_leg_is_there(case, trail, first)
    {
        anomaly.kind = AnomalyKind::TornTransfer;
    }
}

fn other_leg_is_there(case: &Case<'_>, trail: &Trail, op: &Op) -> bool {
    op.kind.legs().filter(|leg| leg.account != trail.account).all(|leg| {
        let Some((other, balance)) = case.trail(leg.account).zip(leg.balance) else { return false };
        let from = balance - leg.delta;
        let excesses = other.excesses(other.end);
        excesses.iter().all(|ex| ex.balance != from || ex.count <= 0)
    })
}

/// An update whose second application leads from a dead end to this balance.
fn applied_twice(trail: &Trail, balance: i64, dead: &[i64]) -> Option<u32> {
    dead.iter().find_map(|end| {
        trail.reaching(*end).find(|edge| end + (edge.to - edge.from) == balance).map(|edge| edge.op)
    })
}

/// Where the branches from this fork end, as far as they can be followed.
fn dead_ends(case: &Case<'_>, trail: &Trail, balance: i64, dead: &[i64]) -> Vec<DeadEnd> {
    let mut found = Vec::new();
    for edge in trail.leaving(balance).iter().take(8) {
        let mut now = edge.to;
        for _ in 0..10_000 {
            if dead.binary_search(&now).is_ok() {
                found.push(now);
                break;
            }
            match trail.leaving(now) {
                [next] => now = next.to,
                _ => break,
            }
        }
    }
    if found.is_empty() {
        found.extend(dead.iter().take(3));
    }
    found.sort_unstable();
    found.dedup();
    let producers = |end: i64| ids(case.problem, trail.reaching(end).map(|edge| edge.op).take(8));
    found.into_iter().map(|end| DeadEnd { balance: end, producers: producers(end) }).collect()
}
