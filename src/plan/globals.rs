use super::draw;
use crate::scenario::Scenario;
use crate::template::{Globals, from_json};

/// Tells the streams of data files from those of workloads.
const DATA: u64 = u64::MAX;

/// What a scenario gives to all its templates; the seed puts data files in order.
pub fn globals(scenario: &Scenario, seed: u64) -> Globals {
    let rows = (0..).zip(&scenario.data).map(|(index, data)| match data.shuffled {
        true => data.rows.shuffled(draw::stream(seed, &[DATA, index])),
        false => data.rows.clone(),
    });
    let values = scenario.variables.iter();
    let values = values.map(|(name, value)| (name.clone(), from_json(value.clone())));
    Globals { rows: rows.collect(), values: values.collect() }
}
