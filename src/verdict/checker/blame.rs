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

/// So many ways to explain the marks, and they are not told apart.
const ENOUGH: usize = 16;

/// An answer that is not what the operation did, as far as the balances tell.
#[derive(Clone, Debug)]
struct Misanswered {
    /// The balance that was answered.
    answered: i64,
    /// What it led from and to.
    applied: (i64, i64),
    /// Those that answered so, and can have been applied there.
    suspects: Suspects,
}

impl Misanswered {
    fn is_in_time(&self) -> bool {
        match self.suspects {
            Suspects::InTime(_) => true,
            Suspects::Late(_) => false,
        }
    }
}

/// Operations that may have led elsewhere than they answered.
#[derive(Clone, Debug)]
enum Suspects {
    /// They were under way when that happened.
    InTime(Vec<u64>),
    /// They had all been answered: the first of each pair, and who led there before it.
    Late(Vec<(u64, u64)>),
}

/// Where every final balance is right no update was lost: some answered with another
/// balance than they left.
#[derive(Clone, Debug)]
pub(super) enum WrongAnswers {
    /// These did.
    Told(Vec<Anomaly>),
    /// One of two did, each of which did not see the other.
    OneOfTwo,
    /// They cannot be told.
    Unknown,
}

impl WrongAnswers {
    /// Which answers of this account were wrong, and where its updates led in truth. Whoever
    /// saw one of these balances is not to blame.
    pub(super) fn of(case: &Case<'_>, trail: &Trail) -> (Self, Vec<i64>) {
        let mut ways = ways(case, trail).unwrap_or_default();
        // A wrong answer says less against the service than one that came too early.
        let in_time = |way: &Vec<Misanswered>| way.iter().all(Misanswered::is_in_time);
        if ways.iter().any(in_time) {
            ways.retain(in_time);
        }
        let left = |way: &Vec<Misanswered>| way.iter().map(|wrong| wrong.applied.1).collect();
        let Some(first) = ways.first() else { return (Self::Unknown, Vec::new()) };
        let told = match (first.len(), ways.len()) {
            (1, 2..) => Self::OneOfTwo,
            (faults, found) => {
                let certain = faults == 1 && found == 1;
                Self::Told(first.iter().map(|wrong| anomaly(trail, wrong, certain)).collect())
            }
        };
        (told, left(first))
    }
}

/// The ways to explain all marks by wrong answers.
fn ways(case: &Case<'_>, trail: &Trail) -> Option<Vec<Vec<Misanswered>>> {
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
    Some(explain(case, trail, &marks))
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

/// The ways to take the marks apart, one wrong answer after another; not all, where there are
/// many.
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
                let Some(suspects) = suspects(case, trail, (from, to), (before, after)) else {
                    continue;
                };
                let wrong = Misanswered { answered: to, applied: (before, after), suspects };
                for mut way in explain(case, trail, &rest) {
                    way.insert(0, wrong.clone());
                    ways.push(way);
                }
                if ways.len() >= ENOUGH {
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

/// The operations that answered as if they had led `from` one balance `to` another, and can
/// have led from `before` to `after`: those under way at that time, or else those that had
/// been answered by then.
fn suspects(
    case: &Case<'_>,
    trail: &Trail,
    (from, to): (i64, i64),
    (before, after): (i64, i64),
) -> Option<Suspects> {
    let op = |edge: &Edge| &case.problem.ops[edge.op as usize];
    // Each account begins and ends once: then there is no bound on the clock.
    let earlier = trail.reaching(before).map(op).min_by_key(|op| op.invoked);
    let earlier = earlier.filter(|_| before != trail.initial);
    let since = earlier.map_or(0, |op| op.invoked);
    let until = trail.leaving(after).iter().map(|edge| op(edge).end()).max();
    let until = until.filter(|_| trail.end != Some(after)).unwrap_or(u64::MAX);
    let edges = trail.leaving(from).iter().filter(|edge| edge.to == to);
    let begun: Vec<&Op> = edges.map(op).filter(|op| op.invoked <= until).collect();
    let in_time: Vec<u64> = begun.iter().filter(|op| since <= op.end()).map(|op| op.id).collect();
    if !in_time.is_empty() {
        return Some(Suspects::InTime(in_time));
    }
    let late: Vec<(u64, u64)> =
        begun.iter().zip(earlier).map(|(op, earlier)| (op.id, earlier.id)).collect();
    (!late.is_empty()).then_some(Suspects::Late(late))
}

fn anomaly(trail: &Trail, wrong: &Misanswered, certain: bool) -> Anomaly {
    let (kind, pair, ids) = match &wrong.suspects {
        Suspects::InTime(ids) => (AnomalyKind::WrongAnswer, None, ids.clone()),
        Suspects::Late(pairs) => {
            let pair = pairs.first().map(|(late, earlier)| (*earlier, *late));
            (AnomalyKind::AppliedLate, pair, pairs.iter().map(|(late, _)| *late).collect())
        }
    };
    Anomaly {
        certain: certain && ids.len() == 1,
        balance: Some(wrong.answered),
        applied: Some(wrong.applied),
        pair,
        money: money(trail),
        ..Anomaly::new(kind, trail.account, ids)
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
