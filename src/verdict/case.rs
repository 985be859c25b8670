//! From the facts of a run to a problem the checker can solve.

use std::collections::HashMap;

use super::checker::{Anomaly, Attempt, Op, Problem, retries};
use super::subject::Subject;
use crate::facts::History;

/// A run as the checker sees it.
#[derive(Debug)]
pub(super) struct Case {
    /// With several attempts at one operation merged into one: it is to happen
    /// at most once.
    pub(super) once: Problem,
    /// With every attempt by itself, where some carry no idempotency key, so
    /// that the service cannot tell them apart.
    pub(super) each: Option<Problem>,
    /// The logical operation of each attempt without a key, by the attempt's id.
    pub(super) operation_of: HashMap<u64, u64>,
    /// What is wrong with the attempts themselves.
    pub(super) of_attempts: Vec<Anomaly>,
}

impl Case {
    pub(super) fn of(subject: &Subject<'_>, history: &History, overdraft_forbidden: bool) -> Self {
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
                    attempts.push(Attempt { key: attempt.operation, op });
                }
            }
        }
        let problem = |ops: Vec<Op>| Problem {
            initial: subject.initial.clone(),
            end: subject.end.clone(),
            ops,
            overdraft_forbidden,
        };
        let each = (!operation_of.is_empty()).then(|| {
            let attempts = attempts.iter().map(|attempt| attempt.op.clone());
            problem(single.iter().cloned().chain(attempts).collect())
        });
        let (merged, of_attempts) = retries(&attempts);
        single.extend(merged);
        Self { once: problem(single), each, operation_of, of_attempts }
    }
}
