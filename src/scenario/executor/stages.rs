use std::time::Duration;

use super::limits::MOST_VUS;
use super::number::{Placed, number};
use super::rate::rate;
use super::types::Stage;
use crate::scenario::fields::{self, Fields};
use crate::scenario::reader::{Place, Reader};
use crate::scenario::{keys, values};

const EXAMPLE: &str = "`stages: [{ duration: 30s, target: 10 }]`";

/// What a stage leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    Vus,
    /// So many iterations in a unit of time.
    Rate {
        unit: Duration,
    },
}

impl Aim {
    fn target(self, fields: &Fields<'_>, reader: &mut Reader) -> Option<Placed> {
        match self {
            Self::Vus => number(fields, "target", 0, MOST_VUS, reader),
            Self::Rate { unit } => rate(fields, "target", 0, unit, reader),
        }
    }
}

/// `stages:`. Their targets may be 0; that one of them is more is for the caller
/// to see.
pub(super) fn read(place: &Place<'_>, aim: Aim, reader: &mut Reader) -> Option<Vec<Stage>> {
    let items = fields::items(place, EXAMPLE, reader)?;
    if items.is_empty() {
        let hint = format!("for example {EXAMPLE}");
        reader.report(place.name(), "`stages` is an empty list", hint);
        return None;
    }
    let stages: Vec<Option<Stage>> = items
        .iter()
        .enumerate()
        .map(|(index, node)| stage(place.item(index, node), aim, reader))
        .collect();
    let stages: Vec<Stage> = stages.into_iter().collect::<Option<_>>()?;
    if stages.iter().all(|stage| stage.duration.is_zero()) {
        let message = "the stages take no time, so that nothing would happen";
        reader.report(place.name(), message, "give one of them a `duration`".to_owned());
        return None;
    }
    Some(stages)
}

fn stage(place: Place<'_>, aim: Aim, reader: &mut Reader) -> Option<Stage> {
    let fields = Fields::of(place, "`{ duration: 30s, target: 10 }`", reader)?;
    fields.check_keys(keys::STAGE, |key| keys::elsewhere(key, keys::STAGE), reader);
    for key in keys::STAGE {
        if fields.lacks(key, keys::STAGE) {
            let hint = "a stage is `{ duration: 30s, target: 10 }`".to_owned();
            reader.report(fields.name(), format!("this stage has no `{key}`"), hint);
        }
    }
    let duration = fields.get("duration").and_then(|place| values::duration(&place, reader));
    let target = aim.target(&fields, reader);
    Some(Stage { duration: duration?, target: target?.0 })
}
