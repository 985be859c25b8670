//! `shared-iterations` and `per-vu-iterations`: a number of iterations.

use std::time::Duration;

use super::limits::{MAX_DURATION, MOST_VUS};
use super::number::{Placed, length, number};
use super::types::Executor;
use crate::scenario::fields::Fields;
use crate::scenario::position::Spot;
use crate::scenario::reader::Reader;

/// What both say of themselves.
struct Counted {
    vus: u32,
    iterations: Option<Placed>,
    max_duration: Duration,
}

fn counted(fields: &Fields<'_>, reader: &mut Reader) -> Option<Counted> {
    let before = reader.problems.len();
    let vus = number(fields, "vus", 1, MOST_VUS, reader);
    let iterations = number(fields, "iterations", 1, u64::MAX.into(), reader);
    let max_duration = length(fields, "max_duration", reader).unwrap_or(MAX_DURATION);
    if reader.problems.len() > before {
        return None;
    }
    let vus = vus.map_or(1, |(vus, _)| vus as u32);
    Some(Counted { vus, iterations, max_duration })
}

/// `planned`: how many iterations the counts of the operations make.
pub(super) fn shared(
    fields: &Fields<'_>,
    planned: Option<u64>,
    reader: &mut Reader,
) -> Option<Executor> {
    let Counted { vus, iterations, max_duration } = counted(fields, reader)?;
    let spot = iterations.as_ref().map(|(_, spot)| spot.clone());
    let iterations = total(iterations, planned, reader)?;
    if iterations < u64::from(vus) {
        too_few(fields, iterations, vus, spot, reader);
    }
    Some(Executor::SharedIterations { vus, iterations, max_duration })
}

/// `planned` as above, for each VU.
pub(super) fn per_vu(
    fields: &Fields<'_>,
    planned: Option<u64>,
    reader: &mut Reader,
) -> Option<Executor> {
    let Counted { vus, iterations, max_duration } = counted(fields, reader)?;
    let iterations = total(iterations, planned, reader)?;
    if iterations.checked_mul(vus.into()).is_none() {
        let message = format!("{vus} VUs with {iterations} iterations each are too many");
        reader.report(fields.name(), message, format!("the most is {}", u64::MAX));
    }
    Some(Executor::PerVuIterations { vus, iterations, max_duration })
}

fn total(iterations: Option<Placed>, planned: Option<u64>, reader: &mut Reader) -> Option<u64> {
    match (iterations, planned) {
        (Some((_, spot)), Some(planned)) => {
            let hint = format!("the counts make {planned} iterations; remove `iterations`");
            reader.report(spot, "`iterations` and `count` exclude each other", hint);
            None
        }
        (Some((iterations, _)), None) => Some(iterations),
        (None, Some(planned)) => Some(planned),
        (None, None) => Some(1),
    }
}

/// Reports VUs that would find nothing to do.
pub(super) fn too_few(
    fields: &Fields<'_>,
    iterations: u64,
    vus: u32,
    spot: Option<Spot>,
    reader: &mut Reader,
) {
    let spot = fields.get("vus").map(|place| place.value()).or(spot).unwrap_or(fields.name());
    let message = match iterations {
        1 => format!("{vus} VUs share a single iteration"),
        _ => format!("{vus} VUs are more than the {iterations} iterations they share"),
    };
    let hint = format!("use at most `vus: {iterations}`, or more iterations");
    reader.report(spot, message, hint);
}
