//! The operation at which every order fails, or the furthest one does.

use super::anomaly::{Anomaly, AnomalyKind, Money};
use super::case::Case;
use super::model::{Kind, Op, Outcome};
use super::naming::{about, in_words, money, sum};
use super::rules::{apply, legal};
use super::stuck::Stuck;

pub(super) fn anomaly(case: &Case<'_>, stuck: Option<&Stuck>) -> Anomaly {
    let Some(stuck) = stuck else {
        return Anomaly {
            certain: false,
            ..Anomaly::new(AnomalyKind::NoOrder, case.accounts[0], Vec::new())
        };
    };
    let mut anomaly = match stuck.blocker {
        None => at_the_end(case),
        Some(blocker) => {
            let op = &case.problem.ops[blocker as usize];
            match &op.kind {
                _ if op.outcome == Outcome::Rejected => {
                    about(case, AnomalyKind::FalseRejection, blocker)
                }
                Kind::Snapshot { balances } => snapshot(case, stuck, blocker, balances),
                _ if op.is_update() => update(case, stuck, blocker),
                Kind::Read { .. } | Kind::Update { .. } | Kind::Transfer { .. } => {
                    read(case, stuck, blocker)
                }
            }
        }
    };
    anomaly.certain = stuck.forced;
    anomaly
}

/// All is placed, and the final balance is another one.
fn at_the_end(case: &Case<'_>) -> Anomaly {
    let off = case
        .trails
        .iter()
        .find(|trail| trail.end.is_some_and(|end| i128::from(end) != trail.expected()));
    let trail = off.unwrap_or(&case.trails[0]);
    let below = trail.end.is_some_and(|end| case.problem.floors.forbid(trail.account, end));
    let kind = if below { AnomalyKind::Overdraft } else { AnomalyKind::FinalBalance };
    Anomaly {
        balance: trail.end,
        money: money(trail),
        ..Anomaly::new(kind, trail.account, Vec::new())
    }
}

/// The operations of the trail with the state before and after each.
fn replay<'a>(
    case: &'a Case<'_>,
    stuck: &Stuck,
    mut visit: impl FnMut(&'a Op, &[i64]),
) -> Vec<i64> {
    let mut state = case.problem.initial.clone();
    for position in &stuck.trail {
        let op = &case.problem.ops[*position as usize];
        apply(op, &mut state, 1);
        visit(op, &state);
    }
    state
}

fn read(case: &Case<'_>, stuck: &Stuck, blocker: u32) -> Anomaly {
    let op = &case.problem.ops[blocker as usize];
    let Some(overwriter) = overwriter(case, stuck, op) else {
        let later = about(case, AnomalyKind::RealTime, blocker);
        let known = later.balance.zip(case.trail(later.account)).is_some_and(|(b, t)| t.visits(b));
        let kind = if known { AnomalyKind::RealTime } else { AnomalyKind::GarbageRead };
        return Anomaly { kind, ..later };
    };
    let pair = Some((overwriter.id, op.id));
    Anomaly { pair, ..about(case, AnomalyKind::StaleRead, blocker) }
}

/// The operation that returned before this one was invoked, and yet comes after
/// the last state on which this one was possible.
fn overwriter<'a>(case: &'a Case<'_>, stuck: &Stuck, op: &Op) -> Option<&'a Op> {
    let mut possible = legal(op, &case.problem.initial, &case.problem.floors);
    let mut seen = possible;
    let mut found: Option<&Op> = None;
    replay(case, stuck, |next, state| {
        possible = legal(op, state, &case.problem.floors);
        seen |= possible;
        if possible {
            found = None;
        } else if seen && found.is_none() && next.is_update() && next.before(op) {
            found = Some(next);
        }
    });
    found
}

fn snapshot(case: &Case<'_>, stuck: &Stuck, blocker: u32, balances: &[(u32, i64)]) -> Anomaly {
    let op = &case.problem.ops[blocker as usize];
    let total = |state: &[i64]| sum(balances.iter().map(|(a, _)| state[*a as usize]));
    let actual = sum(balances.iter().map(|(_, balance)| *balance));
    let mut ever = total(&case.problem.initial) == actual;
    let state = replay(case, stuck, |_, state| ever |= total(state) == actual);
    let expected = in_words(total(&state));
    if !ever {
        let money = Money { expected, actual: in_words(actual) };
        return Anomaly { money, ..about(case, AnomalyKind::TotalNotConserved, blocker) };
    }
    match overwriter(case, stuck, op) {
        Some(other) => {
            let pair = Some((other.id, op.id));
            Anomaly { pair, ..about(case, AnomalyKind::StaleRead, blocker) }
        }
        None => about(case, AnomalyKind::GarbageRead, blocker),
    }
}

/// An update that had returned before the only one that could come next began.
fn update(case: &Case<'_>, stuck: &Stuck, blocker: u32) -> Anomaly {
    let problem = case.problem;
    let op = &problem.ops[blocker as usize];
    let state = replay(case, stuck, |_, _| ());
    let mut placed = stuck.trail.clone();
    placed.sort_unstable();
    let open = case.ops.iter().filter(|position| placed.binary_search(position).is_err());
    let next = open
        .map(|position| &problem.ops[*position as usize])
        .filter(|next| next.outcome == Outcome::Ok && op.before(next))
        .filter(|next| next.is_update() && legal(next, &state, &problem.floors))
        .min_by_key(|next| next.completed);
    match next {
        Some(next) => {
            let found = about(case, AnomalyKind::RealTime, blocker);
            Anomaly { operations: vec![op.id, next.id], pair: Some((op.id, next.id)), ..found }
        }
        None => about(case, AnomalyKind::NoOrder, blocker),
    }
}
