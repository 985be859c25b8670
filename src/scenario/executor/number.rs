use std::time::Duration;

use crate::scenario::fields::Fields;
use crate::scenario::position::Spot;
use crate::scenario::reader::Reader;
use crate::scenario::wording::quoted;
use crate::scenario::{keys, values};

/// A number and where it stands.
pub(super) type Placed = (u64, Spot);

/// A whole number from `least` to `most`.
pub(super) fn number(
    fields: &Fields<'_>,
    key: &str,
    least: i128,
    most: i128,
    reader: &mut Reader,
) -> Option<Placed> {
    let place = fields.get(key)?;
    let number = values::whole(&place, least..=most, reader)?;
    Some((number as u64, place.value()))
}

/// A length of time, more than none.
pub(super) fn length(fields: &Fields<'_>, key: &str, reader: &mut Reader) -> Option<Duration> {
    fields.get(key).and_then(|place| values::time_limit(&place, reader))
}

/// Reports a key that the executor cannot do without.
pub(super) fn require(fields: &Fields<'_>, key: &str, hint: &str, reader: &mut Reader) {
    if fields.lacks(key, keys::WORKLOAD) {
        let message = format!("{} has no `{key}`", quoted(&fields.place.label));
        reader.report(fields.name(), message, hint.to_owned());
    }
}
