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
use super::trail::{Edge, Trail};

/// More marks than these are too many to be told apart.
const MOST: i64 = 8;

/// An answer that is not what the operation did, as far as the balances tell.
#[derive(Clone, Debug)]
struct Misanswered {
    /// The balance that was answered.
    answered: i64,
    /// What it led from and to.
    applied: (i64, i64),
    /// Those that answered so, and can have been applied there.
    suspects: Vec<u64>,
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
    let marks = Marks { surplus: of(1)?, deficit: of(-1)? };
    let alone = marks.surplus.len() == 2;
    let ways = explain(case, trail, &marks);
    let certain = alone && ways.len() == 1;
    let first = ways.into_iter().next()?;
    Some(first.iter().map(|wrong| anomaly(trail, wrong, certain)).collect())
}

/// Whether the account ended as everything acknowledged adds up.
pub(super) fn is_right(trail: &Trail) -> bool {
    trail.end.is_some_and(|end| i128::from(end) == trail.expected())
}

#[derive(Clone, Debug)]
struct Marks {
    surplus: Vec<i64>,
    deficit: Vec<i64>,
}

impl Marks {
    /// Without these; `None`: they are not all there.
    fn without(&self, surplus: [i64; 2], deficit: [i64; 2]) -> Option<Self> {
        let mut rest = self.clone();
        for (marks, gone) in [(&mut rest.surplus, surplus), (&mut rest.deficit, deficit)] {
            for balance in gone {
                marks.remove(marks.iter().position(|mark| *mark == balance)?);
            }
        }
        Some(rest)
    }
}

/// The ways to take the marks apart, one wrong answer after another; two at most.
fn explain(case: &Case<'_>, trail: &Trail, marks: &Marks) -> Vec<Vec<Misanswered>> {
    let Some(mark) = marks.surplus.last().copied() else {
        return if marks.deficit.is_empty() { vec![Vec::new()] } else { Vec::new() };
    };
    let mut ways: Vec<Vec<Misanswered>> = Vec::new();
    for other in distinct(&marks.surplus[..marks.surplus.len() - 1]) {
        // Each of the two may be where it seemed to start from.
        for (from, after) in [(mark, other), (other, mark)] {
            for to in distinct(&marks.deficit) {
                let before = after.saturating_sub(to.saturating_sub(from));
                let Some(rest) = marks.without([from, after], [to, before]) else { continue };
                let suspects = suspects(case, trail, (from, to), (before, after));
                if suspects.is_empty() {
                    continue;
                }
                let wrong = Misanswered { answered: to, applied: (before, after), suspects };
                for mut way in explain(case, trail, &rest) {
                    way.insert(0, wrong.clone());
                    ways.push(way);
                }
                if ways.len() > 1 {
                    return ways;
                }
            }
        }
    }
    ways
}

fn distinct(marks: &[i64]) -> Vec<i64> {
    let mut marks = marks.to_vec();
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// The operations that answered as if they had led `from` one balance `to` another, and by
/// the clock can have led from `before` to `after`.
fn suspects(
    case: &Case<'_>,
    trail: &Trail,
    (from, to): (i64, i64),
    (before, after): (i64, i64),
) -> Vec<u64> {
    let op = |edge: &Edge| &case.problem.ops[edge.op as usize];
    let since = trail.reaching(before).map(|edge| op(edge).invoked).min();
    let since = since.filter(|_| before != trail.initial).unwrap_or(0);
    let until = trail.leaving(after).iter().map(|edge| op(edge).end()).max();
    let until = until.filter(|_| trail.end != Some(after)).unwrap_or(u64::MAX);
    let edges = trail.leaving(from).iter().filter(|edge| edge.to == to);
    let fits = |op: &&Op| op.invoked <= until && since <= op.end();
    edges.map(op).filter(fits).map(|op| op.id).collect()
}

fn anomaly(trail: &Trail, wrong: &Misanswered, certain: bool) -> Anomaly {
    Anomaly {
        certain: certain && wrong.suspects.len() == 1,
        balance: Some(wrong.answered),
        applied: Some(wrong.applied),
        money: money(trail),
        ..Anomaly::new(AnomalyKind::WrongAnswer, trail.account, wrong.suspects.clone())
    }
}

/// The updates that may have been applied once more, from `dead` to `balance`: those by as
/// much that began before anybody went on from there. Those under way at that time come
/// alone, if there are any.
pub(super) fn applied_twice(case: &Case<'_>, trail: &Trail, dead: i64, balance: i64) -> Vec<u64> {
    let op = |edge: &Edge| &case.problem.ops[edge.op as usize];
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
