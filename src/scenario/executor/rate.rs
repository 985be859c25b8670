use std::time::Duration;

use super::limits::MOST_RATE;
use super::number::{Placed, number};
use crate::scenario::fields::Fields;
use crate::scenario::reader::{Place, Reader};
use crate::scenario::tree::Value;
use crate::scenario::values::LONGEST;

/// A whole number of iterations in this unit. Of a fraction it is said how to
/// write it.
pub(super) fn rate(
    fields: &Fields<'_>,
    key: &str,
    least: i128,
    unit: Duration,
    reader: &mut Reader,
) -> Option<Placed> {
    let place = fields.get(key)?;
    match fraction(&place) {
        Some(rate) => {
            let message = format!("`{}` takes a whole number, not {rate}", place.label);
            reader.report(place.value(), message, whole(&place, rate, unit));
            None
        }
        None => number(fields, key, least, MOST_RATE, reader),
    }
}

fn fraction(place: &Place<'_>) -> Option<f64> {
    let rate = match &place.node.value {
        Value::Float(rate) => *rate,
        Value::Text(text) => text.trim().parse().ok()?,
        Value::Nothing
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Unreadable => return None,
    };
    (rate.is_finite() && rate > 0.0 && rate.fract() != 0.0).then_some(rate)
}

/// The same rate in whole numbers, by a unit that is longer.
fn whole(place: &Place<'_>, rate: f64, unit: Duration) -> String {
    let Some((rate, unit)) = longer(rate, unit) else {
        return "a longer `time_unit` makes whole numbers of fractions: `rate: 1, time_unit: 2s` \
                is half an iteration a second"
            .to_owned();
    };
    let unit = humantime::format_duration(unit).to_string().replace(' ', "");
    let same = format!("as much is `{}: {rate}` with `time_unit: {unit}`", place.key());
    match place.key() {
        "rate" => same,
        _ => format!("{same}, which all rates of its ramp count by"),
    }
}

fn longer(rate: f64, unit: Duration) -> Option<(u64, Duration)> {
    const SMALL: std::ops::RangeInclusive<u32> = 2..=1000;
    let times = SMALL.chain([10_000, 100_000, 1_000_000]).find(|times| {
        let many = rate * f64::from(*times);
        many.round() >= 1.0 && (many - many.round()).abs() <= many * 1e-6
    })?;
    let unit = unit.checked_mul(times).filter(|unit| *unit <= LONGEST)?;
    let rate = (rate * f64::from(times)).round();
    (rate <= MOST_RATE as f64).then_some((rate as u64, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_a_whole_number_by_a_longer_unit() {
        let second = Duration::from_secs(1);
        let is = |rate, unit| Some((rate, Duration::from_secs(unit)));
        assert_eq!(longer(0.5, second), is(1, 2));
        assert_eq!(longer(2.5, second), is(5, 2));
        assert_eq!(longer(0.1, second), is(1, 10));
        assert_eq!(longer(0.3333333, second), is(1, 3));
        assert_eq!(longer(0.05, Duration::from_secs(60)), is(1, 1200));
        assert_eq!(longer(0.0001, second), is(1, 10_000));
        assert_eq!(longer(33.4, second), is(167, 5));
        assert_eq!(longer(0.0001, Duration::from_secs(60 * 60 * 24)), None);
        assert_eq!(longer(std::f64::consts::PI, second), is(355, 113));
        assert_eq!(longer(1e-300, second), None);
    }
}
