//! What is learned while the history goes by in the order of invocation, with
//! nothing kept but what is under way.

use std::collections::HashSet;

use super::checker::{Accounts, Floors, Options, Outline, Report, Sampler, Schedule};
use super::concurrency::Concurrency;
use super::overlap::{Overlap, Overlaps};
use super::subject::Subject;
use crate::facts::{Entry, History};
use crate::model::Outcome;

#[derive(Debug)]
pub(super) struct Passing {
    /// `None`: no order was found that way, which proves nothing.
    pub(super) report: Option<Report>,
    pub(super) overlap: Overlap,
    pub(super) schedule: Schedule,
    pub(super) concurrency: Concurrency,
}

/// Attempts at one operation are merged first, where there are any: then there
/// is no report.
pub(super) fn look(
    subject: &Subject<'_>,
    history: &History,
    outline: Outline,
    floors: &Floors,
    options: &Options,
) -> Passing {
    let mut concurrency = Concurrency::default();
    let mut overlaps = Overlaps::new(history.accounts().len());
    let mut sampler = Sampler::new(outline.updates(), 1);
    let mut acknowledged = HashSet::new();
    let mut flow = match history.has_attempts() {
        true => None,
        false => outline.begin(&subject.initial, &subject.end, floors),
    };
    for (position, entry) in history.by_invocation() {
        overlaps.see(&entry);
        concurrency.see(&entry);
        let Some(op) = subject.op(&entry) else { continue };
        if told_of(&entry, &mut acknowledged) {
            sampler.see(&op, subject.client(&entry));
        }
        if let Some(going) = &mut flow
            && !going.push(op, position)
        {
            flow = None;
        }
    }
    Passing {
        report: flow.and_then(|flow| flow.finish(options)),
        overlap: overlaps.overlap(),
        concurrency,
        schedule: sampler.schedule(&Accounts {
            initial: &subject.initial,
            end: &subject.end,
            floors,
        }),
    }
}

/// Whether an attempt tells how its operation ended, as the first one. What may
/// have been tried again and was not answered does not.
fn told_of(entry: &Entry, acknowledged: &mut HashSet<u64>) -> bool {
    let Some(attempt) = entry.attempt else { return true };
    match entry.outcome {
        Outcome::Ok => !attempt.keyed || acknowledged.insert(attempt.operation),
        Outcome::Rejected | Outcome::Failed => true,
        Outcome::Unknown => false,
    }
}
