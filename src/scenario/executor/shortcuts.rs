//! k6's shortcuts for a script with one workload: `vus`, `iterations`,
//! `duration` and `stages` at the top level of its options.

use super::iterations::too_few;
use super::limits::{GRACEFUL_RAMP_DOWN, MAX_DURATION, MOST_VUS};
use super::number::{length, number};
use super::stages::{self, Aim};
use super::types::Executor;
use crate::scenario::fields::Fields;
use crate::scenario::reader::Reader;

pub(in super::super) const SHORTCUTS: [&str; 4] = ["vus", "iterations", "duration", "stages"];

/// What k6 makes of them.
pub(in super::super) fn from_shortcuts(
    fields: &Fields<'_>,
    reader: &mut Reader,
) -> Option<Executor> {
    let before = reader.problems.len();
    let vus = number(fields, "vus", 1, MOST_VUS, reader);
    let iterations = number(fields, "iterations", 1, u64::MAX.into(), reader);
    let duration = length(fields, "duration", reader);
    let stages = fields.get("stages");
    let read = stages.as_ref().and_then(|place| stages::read(place, Aim::Vus, reader));
    if let Some(stages) = &stages
        && let Some(other) = ["iterations", "duration"].into_iter().find(|key| fields.has(key))
    {
        let message = format!("`stages` and `{other}` exclude each other");
        reader.report(stages.name(), message, "keep one of them".to_owned());
    }
    if reader.problems.len() > before {
        return None;
    }
    let count = vus.as_ref().map_or(1, |(vus, _)| *vus as u32);
    if let Some(stages) = read {
        let graceful_ramp_down = GRACEFUL_RAMP_DOWN;
        return Some(Executor::RampingVus { start_vus: count, stages, graceful_ramp_down });
    }
    match (iterations, duration) {
        (Some((iterations, spot)), max_duration) => {
            if iterations < u64::from(count) {
                too_few(fields, iterations, count, Some(spot), reader);
            }
            let max_duration = max_duration.unwrap_or(MAX_DURATION);
            Some(Executor::SharedIterations { vus: count, iterations, max_duration })
        }
        (None, Some(duration)) => Some(Executor::ConstantVus { vus: count, duration }),
        // One iteration for each of them, as in k6.
        (None, None) => Some(Executor::SharedIterations {
            vus: count,
            iterations: count.into(),
            max_duration: MAX_DURATION,
        }),
    }
}
