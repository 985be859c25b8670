use std::time::Duration;

use super::fields::Fields;
use super::position::Spot;
use super::reader::Reader;
use super::types::Executor;
use super::wording::{list_of, quoted};
use super::{keys, values};

const SUPPORTED: &[&str] = &["shared-iterations", "per-vu-iterations", "constant-vus"];
/// k6's others.
const UNSUPPORTED: &[&str] = &["ramping-vus", "constant-arrival-rate", "ramping-arrival-rate"];

pub(super) const MOST_VUS: i128 = 100_000;
pub(super) const MAX_DURATION: Duration = Duration::from_secs(10 * 60);
pub(super) const GRACEFUL_STOP: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    SharedIterations,
    PerVuIterations,
    ConstantVus,
    /// Exists in k6; reported already.
    Unsupported,
}

impl Kind {
    pub(super) fn counts_iterations(self) -> bool {
        matches!(self, Self::SharedIterations | Self::PerVuIterations)
    }
}

/// Which executor a workload names.
pub(super) fn kind(fields: &Fields<'_>, reader: &mut Reader) -> Option<Kind> {
    let Some(place) = fields.get("executor") else {
        if !fields.lacks("executor", keys::WORKLOAD) {
            return None;
        }
        let hint = format!("choose one of {}", list_of(SUPPORTED));
        let message = format!("{} has no `executor`", quoted(&fields.place.label));
        reader.report(fields.name(), message, hint);
        return None;
    };
    let name = values::text(&place, "`executor: shared-iterations`", reader)?;
    match name.as_str() {
        "shared-iterations" => return Some(Kind::SharedIterations),
        "per-vu-iterations" => return Some(Kind::PerVuIterations),
        "constant-vus" => return Some(Kind::ConstantVus),
        _ => {}
    }
    let supported = format!("executors are {}", list_of(SUPPORTED));
    if UNSUPPORTED.contains(&name.as_str()) {
        let message = format!("the executor `{name}` is not supported by this version");
        reader.report(place.value(), message, supported);
        return Some(Kind::Unsupported);
    }
    let hint = reader.did_you_mean(&name, SUPPORTED.iter().copied()).unwrap_or(supported);
    reader.report(place.value(), format!("unknown executor {}", quoted(&name)), hint);
    None
}

/// The executor with its numbers. `planned`: how many iterations the counts of
/// the operations make.
pub(super) fn read(
    fields: &Fields<'_>,
    kind: Option<Kind>,
    planned: Option<u64>,
    reader: &mut Reader,
) -> Option<Executor> {
    // Everything is read before anything is judged, so that every mistake is seen.
    let before = reader.problems.len();
    let vus = number(fields, "vus", MOST_VUS, reader);
    let iterations = number(fields, "iterations", u64::MAX.into(), reader);
    let limit = |key, reader: &mut Reader| {
        fields.get(key).and_then(|place| values::time_limit(&place, reader))
    };
    let duration = limit("duration", reader);
    let max_duration = limit("max_duration", reader).unwrap_or(MAX_DURATION);
    if reader.problems.len() > before {
        return None;
    }
    let vus = vus.map_or(1, |(vus, _)| vus as u32);
    match kind? {
        Kind::Unsupported => None,
        Kind::ConstantVus => {
            misfit(
                fields,
                "iterations",
                "constant-vus",
                "it runs until `duration` is over",
                reader,
            );
            misfit(fields, "max_duration", "constant-vus", "use `duration`", reader);
            if fields.lacks("duration", keys::WORKLOAD) {
                let message = format!("{} has no `duration`", quoted(&fields.place.label));
                let hint = "`constant-vus` runs for a time: add `duration: 10s`".to_owned();
                reader.report(fields.name(), message, hint);
            }
            Some(Executor::ConstantVus { vus, duration: duration? })
        }
        Kind::SharedIterations => {
            let hint = "use `max_duration`, or the executor `constant-vus`";
            misfit(fields, "duration", "shared-iterations", hint, reader);
            let spot = iterations.as_ref().map(|(_, spot)| spot.clone());
            let iterations = total(iterations, planned, reader)?;
            if iterations < u64::from(vus) {
                too_few(fields, iterations, vus, spot, reader);
            }
            Some(Executor::SharedIterations { vus, iterations, max_duration })
        }
        Kind::PerVuIterations => {
            let hint = "use `max_duration`, or the executor `constant-vus`";
            misfit(fields, "duration", "per-vu-iterations", hint, reader);
            let iterations = total(iterations, planned, reader)?;
            if iterations.checked_mul(vus.into()).is_none() {
                let message = format!("{vus} VUs with {iterations} iterations each are too many");
                reader.report(fields.name(), message, format!("the most is {}", u64::MAX));
            }
            Some(Executor::PerVuIterations { vus, iterations, max_duration })
        }
    }
}

fn number(fields: &Fields<'_>, key: &str, most: i128, reader: &mut Reader) -> Option<(u64, Spot)> {
    let place = fields.get(key)?;
    let number = values::whole(&place, 1..=most, reader)?;
    Some((number as u64, place.value()))
}

fn total(
    iterations: Option<(u64, Spot)>,
    planned: Option<u64>,
    reader: &mut Reader,
) -> Option<u64> {
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

fn too_few(
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

fn misfit(fields: &Fields<'_>, key: &str, executor: &str, hint: &str, reader: &mut Reader) {
    if let Some(place) = fields.get(key) {
        let message = format!("`{key}` does not go with the executor `{executor}`");
        reader.report(place.name(), message, hint.to_owned());
    }
}

/// What k6 makes of `vus`, `iterations` and `duration` at the top level.
pub(super) fn from_shortcuts(fields: &Fields<'_>, reader: &mut Reader) -> Option<Executor> {
    let before = reader.problems.len();
    let vus = number(fields, "vus", MOST_VUS, reader);
    let iterations = number(fields, "iterations", u64::MAX.into(), reader);
    let duration = fields.get("duration").and_then(|place| values::time_limit(&place, reader));
    if reader.problems.len() > before {
        return None;
    }
    let vus_count = vus.as_ref().map_or(1, |(vus, _)| *vus as u32);
    match (iterations, duration) {
        (Some((iterations, spot)), max_duration) => {
            if iterations < u64::from(vus_count) {
                too_few(fields, iterations, vus_count, Some(spot), reader);
            }
            let max_duration = max_duration.unwrap_or(MAX_DURATION);
            Some(Executor::SharedIterations { vus: vus_count, iterations, max_duration })
        }
        (None, Some(duration)) => Some(Executor::ConstantVus { vus: vus_count, duration }),
        (None, None) => {
            if let Some((vus, spot)) = vus.filter(|(vus, _)| *vus > 1) {
                let message = format!("`vus: {vus}` does nothing alone: one VU runs one iteration");
                reader.warn(spot, message, "add `iterations` or `duration`");
            }
            Some(Executor::SharedIterations { vus: 1, iterations: 1, max_duration: MAX_DURATION })
        }
    }
}
