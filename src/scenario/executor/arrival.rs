//! `constant-arrival-rate` and `ramping-arrival-rate`: iterations that begin
//! when they are due.

use std::time::Duration;

use super::limits::{MOST_A_SECOND, MOST_VUS, TIME_UNIT};
use super::number::{length, number, require};
use super::rate::rate;
use super::stages::{self, Aim};
use super::types::{Executor, VuPool};
use crate::scenario::fields::Fields;
use crate::scenario::reader::{Place, Reader};

pub(super) fn constant(fields: &Fields<'_>, reader: &mut Reader) -> Option<Executor> {
    let before = reader.problems.len();
    let time_unit = length(fields, "time_unit", reader).unwrap_or(TIME_UNIT);
    let rate = rate(fields, "rate", 1, time_unit, reader);
    let hint = "say how many iterations begin in a `time_unit` (1s): `rate: 50`";
    require(fields, "rate", hint, reader);
    let duration = length(fields, "duration", reader);
    let hint = "an arrival rate is kept for a time: add `duration: 10s`";
    require(fields, "duration", hint, reader);
    let pool = pool(fields, reader);
    if reader.problems.len() > before {
        return None;
    }
    let rate = rate?.0;
    not_too_fast(rate, time_unit, fields.get("rate"), reader);
    Some(Executor::ConstantArrivalRate { rate, time_unit, duration: duration?, pool: pool? })
}

pub(super) fn ramping(fields: &Fields<'_>, reader: &mut Reader) -> Option<Executor> {
    let before = reader.problems.len();
    let time_unit = length(fields, "time_unit", reader).unwrap_or(TIME_UNIT);
    let start_rate = rate(fields, "start_rate", 0, time_unit, reader);
    let place = fields.get("stages");
    let stages =
        place.as_ref().and_then(|place| stages::read(place, Aim::Rate { unit: time_unit }, reader));
    let hint = "say which rate is reached when: `stages: [{ duration: 30s, target: 50 }]`";
    require(fields, "stages", hint, reader);
    let pool = pool(fields, reader);
    if reader.problems.len() > before {
        return None;
    }
    let (start_rate, stages) = (start_rate.map_or(0, |(rate, _)| rate), stages?);
    let fastest = stages.iter().map(|stage| stage.target).fold(start_rate, u64::max);
    if fastest == 0 {
        let hint = "give a stage a `target`, or begin with `start_rate: 1`".to_owned();
        reader.report(place?.name(), "no iteration would ever be due", hint);
        return None;
    }
    not_too_fast(fastest, time_unit, place, reader);
    Some(Executor::RampingArrivalRate { start_rate, time_unit, stages, pool: pool? })
}

fn pool(fields: &Fields<'_>, reader: &mut Reader) -> Option<VuPool> {
    let hint = "it takes VUs to run what is due: add `pre_allocated_vus: 10`, and `max_vus` for \
                more of them when they are needed";
    require(fields, "pre_allocated_vus", hint, reader);
    let pre_allocated = number(fields, "pre_allocated_vus", 0, MOST_VUS, reader);
    let max = number(fields, "max_vus", 1, MOST_VUS, reader);
    let (pre_allocated, spot) = pre_allocated?;
    let most = max.as_ref().map_or(pre_allocated, |(max, _)| *max);
    if most == 0 {
        reader.report(spot, "there would never be a VU", "add `max_vus: 10`".to_owned());
        return None;
    }
    if let Some((max, spot)) = max
        && max < pre_allocated
    {
        let message = format!("`max_vus` is less than the {pre_allocated} VUs that are there");
        let hint = format!("`max_vus: {pre_allocated}` or more; without it, it is as many");
        reader.report(spot, message, hint);
        return None;
    }
    Some(VuPool { pre_allocated: pre_allocated as u32, max: most as u32 })
}

fn not_too_fast(rate: u64, time_unit: Duration, place: Option<Place<'_>>, reader: &mut Reader) {
    let in_a_second = u128::from(rate) * 1_000_000_000 / time_unit.as_nanos().max(1);
    if let Some(place) = place.filter(|_| in_a_second > MOST_A_SECOND) {
        let message = format!("{in_a_second} iterations a second are more than anything can start");
        reader.report(place.value(), message, format!("the most is {MOST_A_SECOND} a second"));
    }
}
