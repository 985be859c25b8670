use super::kind::Kind;
use super::types::Executor;
use super::{arrival, iterations, vus};
use crate::scenario::fields::Fields;
use crate::scenario::reader::Reader;

/// The executor with its numbers. `planned`: how many iterations the counts of
/// the operations make.
pub(in super::super) fn read(
    fields: &Fields<'_>,
    kind: Option<Kind>,
    planned: Option<u64>,
    reader: &mut Reader,
) -> Option<Executor> {
    let kind = kind?;
    check_fit(fields, kind, reader);
    match kind {
        Kind::SharedIterations => iterations::shared(fields, planned, reader),
        Kind::PerVuIterations => iterations::per_vu(fields, planned, reader),
        Kind::ConstantVus => vus::constant(fields, reader),
        Kind::RampingVus => vus::ramping(fields, reader),
        Kind::ConstantArrivalRate => arrival::constant(fields, reader),
        Kind::RampingArrivalRate => arrival::ramping(fields, reader),
    }
}

/// Every key that belongs to some executor, each with the executors it is for.
const OWNED: &[(&str, &str)] = &[
    ("vus", "the executors `shared-iterations`, `per-vu-iterations` and `constant-vus`"),
    ("iterations", "the executors `shared-iterations` and `per-vu-iterations`"),
    ("max_duration", "the executors `shared-iterations` and `per-vu-iterations`"),
    ("duration", "the executors `constant-vus` and `constant-arrival-rate`"),
    ("stages", "the executors `ramping-vus` and `ramping-arrival-rate`"),
    ("start_vus", "the executor `ramping-vus`"),
    ("graceful_ramp_down", "the executor `ramping-vus`"),
    ("rate", "the executor `constant-arrival-rate`"),
    ("start_rate", "the executor `ramping-arrival-rate`"),
    ("time_unit", "the executors `constant-arrival-rate` and `ramping-arrival-rate`"),
    ("pre_allocated_vus", "the executors `constant-arrival-rate` and `ramping-arrival-rate`"),
    ("max_vus", "the executors `constant-arrival-rate` and `ramping-arrival-rate`"),
];

/// Reports keys of other executors, each with what to use instead.
fn check_fit(fields: &Fields<'_>, kind: Kind, reader: &mut Reader) {
    for (key, owners) in OWNED.iter().filter(|(key, _)| !kind.keys().contains(key)) {
        let Some(place) = fields.get(key) else { continue };
        let message = format!("`{key}` does not go with the executor `{}`", kind.name());
        let hint = match instead(key, kind) {
            Some(instead) => instead.to_owned(),
            None => format!("it is for {owners}"),
        };
        reader.report(place.name(), message, hint);
    }
}

/// What to use in place of a key, where there is something of the kind.
fn instead(key: &str, kind: Kind) -> Option<&'static str> {
    use Kind::{
        ConstantArrivalRate, ConstantVus, PerVuIterations, RampingArrivalRate, RampingVus,
        SharedIterations,
    };
    Some(match (key, kind) {
        ("iterations", ConstantArrivalRate) => {
            "how many there are follows from `rate` and `duration`"
        }
        ("iterations", ConstantVus) => "it runs until `duration` is over",
        ("iterations", RampingVus | RampingArrivalRate) => "it runs until its `stages` are over",
        ("max_duration", ConstantVus | ConstantArrivalRate) => "use `duration`",
        ("duration" | "max_duration", RampingVus | RampingArrivalRate) => {
            "each of the `stages` has its own `duration`"
        }
        ("duration", SharedIterations | PerVuIterations) => {
            "use `max_duration`, or the executor `constant-vus`"
        }
        ("vus", RampingVus) => "use `start_vus` and the targets of the `stages`",
        ("vus" | "start_vus", ConstantArrivalRate | RampingArrivalRate) => {
            "use `pre_allocated_vus` and `max_vus`"
        }
        ("start_vus" | "max_vus" | "pre_allocated_vus", kind) if kind.keys().contains(&"vus") => {
            "use `vus`"
        }
        ("max_vus" | "pre_allocated_vus", RampingVus) => {
            "use `start_vus` and the targets of the `stages`"
        }
        ("stages", ConstantVus) => "use the executor `ramping-vus`",
        ("stages", ConstantArrivalRate) => "use the executor `ramping-arrival-rate`",
        ("rate", RampingArrivalRate) => "use `start_rate` and the targets of the `stages`",
        ("start_rate", ConstantArrivalRate) => "use `rate`",
        ("graceful_ramp_down", _) => "use `graceful_stop`",
        _ => return None,
    })
}
