//! What a fork says: who collided with whom, as far as it can be known.

use super::anomaly::{Anomaly, AnomalyKind, DeadEnd, Fork};
use super::blame::{self, WrongAnswers};
use super::case::Case;
use super::model::{Kind, Op};
use super::naming::{ids, money};
use super::trail::{Edge, Trail};

/// So many faults of one account can be told apart.
const FEW: i64 = 2;

/// The faults of an account.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    pub(super) described: Vec<Anomaly>,
    /// How many others there are.
    pub(super) more: usize,
    /// Balances that these explain, though no answer leads to them.
    pub(super) explained: Vec<i64>,
}

/// Describes the faults of an account, or else its smallest forks, and counts the others.
pub(super) fn faults(case: &Case<'_>, trail: &Trail, balances: &[i64], most: usize) -> Faults {
    let (wrong, explained) = WrongAnswers::of(case, trail);
    if let WrongAnswers::Told(mut described) = wrong {
        let more = described.len().saturating_sub(most);
        described.truncate(most);
        return Faults { described, more, explained };
    }
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
    Faults { described: sorted.iter().map(describe).collect(), more, explained }
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
    let branches = branches(trail, balance, dead);
    anomaly.dead_ends = dead_ends(case, trail, &branches, dead);
    // Nothing that started here was overwritten: something else led here.
    let marks = trail.excesses(trail.end).iter().map(|excess| excess.count.max(0)).sum::<i64>();
    let twice = match (existed, branches.is_empty()) {
        // Nor is anything there twice where the balance is right.
        _ if blame::is_right(trail) => Vec::new(),
        (0, _) => applied_twice(case, trail, balance, dead),
        // Of many faults some only look like it.
        (_, true) if marks <= FEW => applied_twice(case, trail, balance, dead),
        _ => Vec::new(),
    };
    if !twice.is_empty() {
        anomaly.kind = AnomalyKind::DuplicateApplication;
        anomaly.certain = twice.len() == 1 && trail.floating() == 0 && marks == 1;
        anomaly.operations = twice;
    } else if existed == 0 && consumers.is_empty() {
        anomaly.kind = AnomalyKind::FinalBalance;
    } else if existed == 0 {
        anomaly.kind = AnomalyKind::GarbageRead;
        beside_the_last_one(case, trail, dead, &mut anomaly);
    } else {
        // A balance that existed once and is the final one again: what led away
        // from it vanished. One that came back now and then says no such thing.
        let collided = consumers.len() > existed || existed > 1;
        match collision(&consumers).filter(|_| collided) {
            Some(pair) => anomaly.pair = Some(pair),
            None => vanished(case, trail, &consumers, &mut anomaly),
        }
    }
    let is_lost = matches!(anomaly.kind, AnomalyKind::LostUpdate | AnomalyKind::LostWrite);
    if is_lost && blame::is_right(trail) {
        anomaly.kind = AnomalyKind::WrongAnswer;
        anomaly.certain = false;
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
        let from = balance.saturating_sub(leg.delta);
        let excesses = other.excesses(other.end);
        excesses.iter().all(|ex| ex.balance != from || ex.count <= 0)
    })
}

/// The updates whose second application may lead from a dead end to this balance.
fn applied_twice(case: &Case<'_>, trail: &Trail, balance: i64, dead: &[i64]) -> Vec<u64> {
    let mut found = dead.iter().map(|end| blame::applied_twice(case, trail, *end, balance));
    found.find(|ids| !ids.is_empty()).unwrap_or_default()
}

/// Where one update led last, the next one did not start from: it is either of them.
fn beside_the_last_one(case: &Case<'_>, trail: &Trail, dead: &[i64], anomaly: &mut Anomaly) {
    let ([last], [next]) = (dead, &anomaly.operations[..]) else { return };
    let producers = ids(case.problem, trail.reaching(*last).map(|edge| edge.op));
    if let [before] = producers[..] {
        anomaly.pair = Some((before, *next));
    }
}

/// The dead ends of the branches from this fork, as far as they can be followed.
fn branches(trail: &Trail, balance: i64, dead: &[i64]) -> Vec<i64> {
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
    found.sort_unstable();
    found.dedup();
    found
}

/// The dead ends of a fork with those that led there; some of all, where none is known.
fn dead_ends(case: &Case<'_>, trail: &Trail, branches: &[i64], dead: &[i64]) -> Vec<DeadEnd> {
    let found = if branches.is_empty() { &dead[..dead.len().min(3)] } else { branches };
    let producers = |end: i64| ids(case.problem, trail.reaching(end).map(|edge| edge.op).take(8));
    found.iter().map(|end| DeadEnd { balance: *end, producers: producers(*end) }).collect()
}
