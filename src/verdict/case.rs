//! From the facts of a run to a problem the checker can solve.

use std::collections::HashMap;

use super::checker::{Anomaly, Attempt, Floors, Op, Outcome, Problem, Retried, Unkeyed, retries};
use super::subject::Subject;
use crate::facts::History;

/// A run as the checker sees it.
#[derive(Debug)]
pub(super) struct Case {
    /// Where every operation takes effect once at most, however often it was tried.
    pub(super) once: Problem,
    /// Where every attempt without an idempotency key may take effect, since the
    /// service cannot tell them apart; if there are any.
    pub(super) each: Option<Problem>,
    /// The logical operation of each attempt without a key, by the attempt's id.
    pub(super) operation_of: HashMap<u64, u64>,
    /// What is wrong with the attempts themselves.
    pub(super) of_attempts: Vec<Anomaly>,
}

impl Case {
    pub(super) fn of(subject: &Subject<'_>, history: &History, floors: &Floors) -> Self {
        let entries = history.entries();
        let mut single = Vec::with_capacity(entries.len());
        let mut attempts = Vec::new();
        let mut operation_of = HashMap::new();
        for entry in entries {
            let Some(op) = subject.op(&entry) else { continue };
            match entry.attempt {
                None => single.push(op),
                Some(attempt) => {
                    if !attempt.keyed {
                        operation_of.insert(op.id, attempt.operation);
                    }
                    let (operation, keyed) = (attempt.operation, attempt.keyed);
                    attempts.push(Attempt { operation, keyed, op });
                }
            }
        }
        let problem = |retried: Retried, mut ops: Vec<Op>| {
            let first = ops.len() as u32;
            let mut refused_first: Vec<(u32, u32)> = retried
                .refused_first
                .iter()
                .map(|(operation, refusal)| (first + operation, first + refusal))
                .collect();
            refused_first.sort_unstable();
            ops.extend(retried.ops);
            Problem {
                initial: subject.initial.clone(),
                end: subject.end.clone(),
                ops,
                floors: floors.clone(),
                refused_first,
            }
        };
        let each = (!operation_of.is_empty())
            .then(|| problem(retries(&attempts, Unkeyed::EachTime), single.clone()));
        let mut once = retries(&attempts, Unkeyed::Once);
        let of_attempts = std::mem::take(&mut once.anomalies);
        Self { once: problem(once, single), each, operation_of, of_attempts }
    }

    /// The problems of the case, with the floors that it has.
    pub(super) fn problems_mut(&mut self) -> impl Iterator<Item = &mut Problem> {
        std::iter::once(&mut self.once).chain(&mut self.each)
    }
}

/// Leaves out what was refused, without changing the place of anything.
pub(super) fn forget_refusals(problem: &mut Problem) {
    for op in &mut problem.ops {
        if op.outcome == Outcome::Rejected {
            op.outcome = Outcome::Failed;
        }
    }
    problem.refused_first.clear();
}
