//! `constant-vus` and `ramping-vus`: a number of virtual users.

use super::limits::{GRACEFUL_RAMP_DOWN, MOST_VUS};
use super::number::{length, number, require};
use super::stages::{self, Aim};
use super::types::Executor;
use crate::scenario::fields::Fields;
use crate::scenario::reader::Reader;
use crate::scenario::values;

pub(super) fn constant(fields: &Fields<'_>, reader: &mut Reader) -> Option<Executor> {
    let before = reader.problems.len();
    let vus = number(fields, "vus", 1, MOST_VUS, reader);
    let duration = length(fields, "duration", reader);
    let hint = "`constant-vus` runs for a time: add `duration: 10s`";
    require(fields, "duration", hint, reader);
    if reader.problems.len() > before {
        return None;
    }
    let vus = vus.map_or(1, |(vus, _)| vus as u32);
    Some(Executor::ConstantVus { vus, duration: duration? })
}

pub(super) fn ramping(fields: &Fields<'_>, reader: &mut Reader) -> Option<Executor> {
    let before = reader.problems.len();
    let start_vus = number(fields, "start_vus", 0, MOST_VUS, reader);
    let place = fields.get("stages");
    let stages = place.as_ref().and_then(|place| stages::read(place, Aim::Vus, reader));
    let hint = "say how many VUs there are to be when: `stages: [{ duration: 30s, target: 10 }]`";
    require(fields, "stages", hint, reader);
    let grace = fields.get("graceful_ramp_down").map(|place| values::duration(&place, reader));
    if reader.problems.len() > before {
        return None;
    }
    let (start_vus, stages) = (start_vus.map_or(1, |(vus, _)| vus as u32), stages?);
    let graceful_ramp_down = grace.unwrap_or(Some(GRACEFUL_RAMP_DOWN))?;
    let executor = Executor::RampingVus { start_vus, stages, graceful_ramp_down };
    if executor.vus() == 0 {
        let message = "there would never be a VU";
        let hint = "give a stage a `target`, or begin with `start_vus: 1`".to_owned();
        reader.report(place?.name(), message, hint);
        return None;
    }
    Some(executor)
}
