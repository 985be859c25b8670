use crate::scenario::fields::Fields;
use crate::scenario::reader::Reader;
use crate::scenario::wording::{list_of, quoted};
use crate::scenario::{keys, values};

/// Which executor a workload names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    SharedIterations,
    PerVuIterations,
    ConstantVus,
    RampingVus,
    ConstantArrivalRate,
    RampingArrivalRate,
}

const KINDS: [Kind; 6] = [
    Kind::SharedIterations,
    Kind::PerVuIterations,
    Kind::ConstantVus,
    Kind::RampingVus,
    Kind::ConstantArrivalRate,
    Kind::RampingArrivalRate,
];

impl Kind {
    /// As the file has it.
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::SharedIterations => "shared-iterations",
            Self::PerVuIterations => "per-vu-iterations",
            Self::ConstantVus => "constant-vus",
            Self::RampingVus => "ramping-vus",
            Self::ConstantArrivalRate => "constant-arrival-rate",
            Self::RampingArrivalRate => "ramping-arrival-rate",
        }
    }

    /// The keys of a workload that mean something to it, besides those that all
    /// executors share.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::SharedIterations | Self::PerVuIterations => {
                &["vus", "iterations", "max_duration"]
            }
            Self::ConstantVus => &["vus", "duration"],
            Self::RampingVus => &["start_vus", "stages", "graceful_ramp_down"],
            Self::ConstantArrivalRate => {
                &["rate", "time_unit", "duration", "pre_allocated_vus", "max_vus"]
            }
            Self::RampingArrivalRate => {
                &["start_rate", "time_unit", "stages", "pre_allocated_vus", "max_vus"]
            }
        }
    }

    pub(in super::super) fn counts_iterations(self) -> bool {
        matches!(self, Self::SharedIterations | Self::PerVuIterations)
    }
}

/// Which executor a workload names.
pub(in super::super) fn kind(fields: &Fields<'_>, reader: &mut Reader) -> Option<Kind> {
    let names = KINDS.map(Kind::name);
    let Some(place) = fields.get("executor") else {
        if !fields.lacks("executor", keys::WORKLOAD) {
            return None;
        }
        let hint = format!("choose one of {}", list_of(&names));
        let message = format!("{} has no `executor`", quoted(&fields.place.label));
        reader.report(fields.name(), message, hint);
        return None;
    };
    let name = values::text(&place, "`executor: shared-iterations`", reader)?;
    let known = KINDS.into_iter().find(|kind| kind.name() == name);
    if known.is_none() {
        let hint = match name.as_str() {
            // k6's only other one, which has no end and is steered by hand.
            "externally-controlled" => "use `ramping-vus`".to_owned(),
            _ => reader
                .did_you_mean(&name, names)
                .unwrap_or_else(|| format!("executors are {}", list_of(&names))),
        };
        reader.report(place.value(), format!("unknown executor {}", quoted(&name)), hint);
    }
    known
}
