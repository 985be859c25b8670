//! Whose fault it is, where the balances of one account tell.
//!
//! Every fault leaves a mark on the excesses of an account (see [`super::trail`]): an
//! update that was lost from `p` to `n` leaves a surplus at `p` and a deficit at `n`; one
//! that was applied once more, from `n` to `p`, does so as well; one that was applied from
//! `f` to `t` and answered as if from `p` to `n` leaves a surplus at `p` and `t`, a deficit
//! at `n` and `f`. Read backwards, the marks name the operation.

use super::anomaly::{Anomaly, AnomalyKind};
use super::case::Case;
use super::model::Op;
use super::naming::money;
use super::trail::Trail;

/// More marks than these are too many to be told apart.
const MOST: i64 = 8;

/// An answer that is not what the operation did, as far as the balances tell.
#[derive(Clone, Copy, Debug)]
struct Misanswered {
    /// By its answer.
    from: i64,
    to: i64,
    /// What it led from and to.
    applied: (i64, i64),
}

/// Where every final balance is right no update was lost: some answered with another
/// balance than they left. `None`: they cannot be told.
pub(super) fn wrong_answers(case: &Case<'_>, trail: &Trail) -> Option<Vec<Anomaly>> {
    if trail.floating() > 0 || !is_right(trail) {
        return None;
    }
    let excesses = trail.excesses(trail.end);
    let of = |sign: i64| -> Option<Vec<i64>> {
        let own = excesses.iter().filter(|excess| excess.count.signum() == sign);
        let all: i64 = own.clone().map(|excess| excess.count.abs()).sum();
        let repeated = |count: i64| usize::try_from(count.abs()).unwrap_or(0);
        (all <= MOST).then(|| {
            own.flat_map(|excess| std::iter::repeat_n(excess.balance, repeated(excess.count)))
                .collect()
        })
    };
    let mut found = Vec::new();
    explain(trail, &mut of(1)?, &mut of(-1)?, &mut found)
        .then(|| found.iter().map(|wrong| anomaly(case, trail, wrong)).collect())
}

/// Whether the account ended as everything acknowledged adds up.
pub(super) fn is_right(trail: &Trail) -> bool {
    trail.end.is_some_and(|end| i128::from(end) == trail.expected())
}

/// Takes the marks apart, one wrong answer after another.
fn explain(
    trail: &Trail,
    surplus: &mut Vec<i64>,
    deficit: &mut Vec<i64>,
    found: &mut Vec<Misanswered>,
) -> bool {
    let Some(from) = surplus.pop() else { return deficit.is_empty() };
    for place in 0..deficit.len() {
        let to = deficit.remove(place);
        let delta = to.saturating_sub(from);
        if trail.leaving(from).iter().any(|edge| edge.to == to) {
            for place in 0..surplus.len() {
                let after = surplus.remove(place);
                let before = after.saturating_sub(delta);
                if let Some(other) = deficit.iter().position(|balance| *balance == before) {
                    deficit.remove(other);
                    found.push(Misanswered { from, to, applied: (before, after) });
                    if explain(trail, surplus, deficit, found) {
                        return true;
                    }
                    found.pop();
                    deficit.insert(other, before);
                }
                surplus.insert(place, after);
            }
        }
        deficit.insert(place, to);
    }
    surplus.push(from);
    false
}

fn anomaly(case: &Case<'_>, trail: &Trail, wrong: &Misanswered) -> Anomaly {
    let edges = trail.leaving(wrong.from).iter().filter(|edge| edge.to == wrong.to);
    let ops: Vec<&Op> = edges.map(|edge| &case.problem.ops[edge.op as usize]).collect();
    // Of several that answered alike, one was right: that which those before and after it
    // were under way with.
    let (before, after) = wrong.applied;
    let neighbours = trail.reaching(before).chain(trail.leaving(after));
    let neighbours: Vec<&Op> = neighbours.map(|edge| &case.problem.ops[edge.op as usize]).collect();
    let near = |op: &&Op| neighbours.iter().any(|other| other.overlaps(op));
    let mut suspects: Vec<&Op> = ops.iter().copied().filter(near).collect();
    if suspects.is_empty() {
        suspects = ops;
    }
    let ids: Vec<u64> = suspects.iter().map(|op| op.id).collect();
    Anomaly {
        certain: ids.len() == 1,
        balance: Some(wrong.to),
        applied: Some(wrong.applied),
        money: money(trail),
        ..Anomaly::new(AnomalyKind::WrongAnswer, trail.account, ids)
    }
}

/// The updates that may have been applied once more, from `dead` to `balance`: those by as
/// much that began before anybody went on from there. Those under way at that time come
/// alone, if there are any.
pub(super) fn applied_twice(case: &Case<'_>, trail: &Trail, dead: i64, balance: i64) -> Vec<u64> {
    let op = |edge: &super::trail::Edge| &case.problem.ops[edge.op as usize];
    let until = trail.leaving(balance).iter().map(|edge| op(edge).end()).min();
    let since = trail.reaching(dead).map(|edge| op(edge).invoked).max();
    let (until, since) = (until.unwrap_or(u64::MAX), since.unwrap_or(0));
    let alike = trail.edges.iter().filter(|edge| {
        i128::from(edge.to) - i128::from(edge.from) == i128::from(balance) - i128::from(dead)
    });
    let began: Vec<&Op> = alike.map(op).filter(|op| op.invoked <= until).collect();
    let beside: Vec<u64> = began.iter().filter(|op| op.end() >= since).map(|op| op.id).collect();
    if beside.is_empty() { began.iter().map(|op| op.id).collect() } else { beside }
}
