//! Single values: each function takes a place, and either understands what
//! stands there or reports why not.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::model::{
    AccountId, Amount, AmountRange, Pause, PauseError, Scale, is_harmless, parse_duration,
};

use super::fields::wrong_type;
use super::reader::{Place, Reader};
use super::scalar;
use super::tree::Value;
use super::wording::quoted;

/// Names appear in tables and progress bars.
const LONGEST_NAME: usize = 100;
/// Clocks and arithmetic on them stay far from their limits.
pub(super) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub(super) fn text(place: &Place<'_>, example: &str, reader: &mut Reader) -> Option<String> {
    match &place.node.value {
        Value::Text(text) if text.trim().is_empty() => {
            let message = format!("`{}` is an empty text", place.label);
            reader.report(place.value(), message, format!("for example {example}"));
            None
        }
        Value::Text(text) => Some(text.clone()),
        Value::Unreadable => None,
        Value::Integer(_) | Value::Float(_) | Value::Bool(_) => {
            wrong_type(place, "text", &format!("{example}; quotes make it text"), reader);
            None
        }
        _ => {
            wrong_type(place, "text", example, reader);
            None
        }
    }
}

/// Text that is shown often: short, on one line.
pub(super) fn name(place: &Place<'_>, example: &str, reader: &mut Reader) -> Option<String> {
    let name = text(place, example, reader)?;
    check_name(&name, place, reader).then_some(name)
}

pub(super) fn check_name(name: &str, place: &Place<'_>, reader: &mut Reader) -> bool {
    let fault = if name.trim().is_empty() {
        "is empty"
    } else if name.chars().count() > LONGEST_NAME {
        "is longer than 100 characters"
    } else if !name.chars().all(is_harmless) {
        "holds invisible characters"
    } else {
        return true;
    };
    let message = match name.trim() {
        "" => "an empty text is no name".to_owned(),
        _ => format!("the name {} {fault}", quoted(name)),
    };
    reader.report(place.name(), message, None);
    false
}

pub(super) fn boolean(place: &Place<'_>, reader: &mut Reader) -> Option<bool> {
    match place.node.value {
        Value::Bool(value) => Some(value),
        Value::Unreadable => None,
        _ => {
            wrong_type(place, "true or false", &format!("`{}: true`", place.label), reader);
            None
        }
    }
}

/// A whole number within limits: how many, how often.
pub(super) fn whole(
    place: &Place<'_>,
    limits: RangeInclusive<i128>,
    reader: &mut Reader,
) -> Option<i128> {
    let label = &place.label;
    let (message, hint) = match &place.node.value {
        Value::Unreadable => return None,
        Value::Integer(number) if limits.contains(number) => return Some(*number),
        Value::Integer(number) if number > limits.end() => {
            (format!("`{label}` is too large"), format!("the most is {}", limits.end()))
        }
        Value::Integer(number) => {
            (format!("`{label}` cannot be {number}"), format!("the least is {}", limits.start()))
        }
        Value::Float(_) => (
            format!("`{label}` takes a whole number, not {}", place.node.describe()),
            "write it without a fraction".into(),
        ),
        Value::Text(text) => (
            format!("`{label}` takes a whole number, not {}", place.node.describe()),
            unquoted_number(text).unwrap_or_else(|| format!("for example `{}: 10`", place.key())),
        ),
        _ => {
            wrong_type(place, "a whole number", &format!("`{}: 10`", place.key()), reader);
            return None;
        }
    };
    reader.report(place.value(), message, hint);
    None
}

/// What an operation moves: an amount, or a range to draw one from. `opposite`
/// is the verb that moves it the other way.
pub(super) fn amounts(
    place: &Place<'_>,
    opposite: Option<&str>,
    reader: &mut Reader,
) -> Option<AmountRange> {
    let Value::Text(text) = &place.node.value else {
        return amount(place, opposite, reader).map(AmountRange::fixed);
    };
    let Some((min, max)) = text.split_once("..") else {
        return amount(place, opposite, reader).map(AmountRange::fixed);
    };
    let end = |text: &str| scalar::integer(text.trim()).and_then(|end| Amount::try_from(end).ok());
    let (message, hint) = match (end(min), end(max)) {
        (Some(min), Some(max)) if 1 <= min && min <= max => return Some(AmountRange { min, max }),
        (Some(min), Some(max)) if max < min => {
            ("the range {} ends before it begins", format!("write `{max}..{min}`"))
        }
        (Some(_), Some(_)) => ("the range {} holds no amount", "amounts are 1 or more".to_owned()),
        _ => ("{} is no range of amounts", "for example `1..1000`".to_owned()),
    };
    reader.report(place.value(), message.replace("{}", &quoted(text)), hint);
    None
}

fn amount(place: &Place<'_>, opposite: Option<&str>, reader: &mut Reader) -> Option<Amount> {
    let label = &place.label;
    let (message, hint) = match &place.node.value {
        Value::Integer(0) => {
            (format!("`{label}: 0` moves nothing"), "amounts are 1 or more".to_owned())
        }
        Value::Integer(number) if *number < 0 => {
            let hint = match (number.checked_neg(), opposite) {
                (Some(positive), Some(opposite)) if positive <= i128::from(Amount::MAX) => {
                    format!("amounts are positive; the other way is `{opposite}: {positive}`")
                }
                _ => "amounts are positive".into(),
            };
            (format!("`{label}` takes a positive amount, not {number}"), hint)
        }
        _ => return balance(place, reader),
    };
    reader.report(place.value(), message, hint);
    None
}

/// What an account holds; may be negative.
pub(super) fn balance(place: &Place<'_>, reader: &mut Reader) -> Option<Amount> {
    let label = &place.label;
    let (message, hint) = match &place.node.value {
        Value::Unreadable => return None,
        Value::Integer(number) => match reader.amount_of(*number) {
            Some(amount) => return Some(amount),
            None if *number < 0 => (
                format!("`{label}` is too small"),
                format!("the least is {}", reader.scale.shown(Amount::MIN)),
            ),
            None => (
                format!("`{label}` is too large"),
                format!("the most is {}", reader.scale.shown(Amount::MAX)),
            ),
        },
        Value::Float(number) if !number.is_finite() => (
            format!("`{label}` takes an amount, and {number} is none"),
            "amounts are numbers".to_owned(),
        ),
        Value::Float(number) if reader.scale != Scale::WHOLE => {
            match reader.scale.of_float(*number) {
                Some(amount) => return Some(amount),
                None => (
                    format!("`{label}` takes an amount, and {number} is none that is exact"),
                    format!(
                        "the file says `scale: {0}`: at most {0} digits after the point, and 15 \
                         in all; one with more stands in quotes",
                        reader.scale.digits()
                    ),
                ),
            }
        }
        Value::Text(text)
            if reader.scale != Scale::WHOLE
                && let Some(amount) = reader.scale.parse(text) =>
        {
            return Some(amount);
        }
        Value::Float(number) if number.fract() == 0.0 => (
            format!("`{label}` takes a whole number, not {number:?}"),
            "write it without fraction and exponent".into(),
        ),
        Value::Float(number) => (
            format!("`{label}` takes a whole number, not {number:?}"),
            "say how many digits amounts have with `scale: 2` at the top of the file, or count in \
             the smallest unit: cents, not euros"
                .into(),
        ),
        Value::Text(text) => (
            format!("`{label}` takes a whole number, not the text {}", quoted(text)),
            unquoted_number(text).unwrap_or_else(|| format!("for example `{}: 10`", place.key())),
        ),
        _ => {
            wrong_type(place, "a whole number", &format!("`{}: 10`", place.key()), reader);
            return None;
        }
    };
    reader.report(place.value(), message, hint);
    None
}

/// The account an operation works on. Remembered: whether it exists can only be
/// said at the end.
pub(super) fn account(place: &Place<'_>, reader: &mut Reader) -> Option<AccountId> {
    let name = match &place.node.value {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => {
            if !check_name(text, place, reader) {
                return None;
            }
            text.clone()
        }
        Value::Unreadable => return None,
        _ => {
            let example = match place.label.ends_with(']') {
                true => "`seat-4`".to_owned(),
                false => format!("`{0}: 1` or `{0}: seat-4`", place.label),
            };
            wrong_type(place, "the name of an account", &example, reader);
            return None;
        }
    };
    let account = AccountId::new(name);
    reader.used.push((account.clone(), place.value()));
    Some(account)
}

/// A length of time, zero included.
pub(super) fn duration(place: &Place<'_>, reader: &mut Reader) -> Option<Duration> {
    let duration = match &place.node.value {
        Value::Integer(0) => Some(Duration::ZERO),
        Value::Text(text) => parse_duration(text),
        Value::Unreadable => return None,
        _ => None,
    };
    match duration {
        Some(duration) if duration <= LONGEST => return duration.into(),
        Some(_) => {
            let message = format!("`{}` is longer than a year", place.label);
            reader.report(place.value(), message, None);
        }
        None => not_a_length(place, "`10s`, `1m30s` or `500ms`", reader),
    }
    None
}

/// A length of time that something may take: more than none.
pub(super) fn time_limit(place: &Place<'_>, reader: &mut Reader) -> Option<Duration> {
    let limit = duration(place, reader)?;
    if limit.is_zero() {
        let message = format!("`{}` must be longer than 0", place.label);
        reader.report(place.value(), message, "for example `10s`".to_owned());
        return None;
    }
    Some(limit)
}

pub(super) fn pause(place: &Place<'_>, reader: &mut Reader) -> Option<Pause> {
    const EXAMPLES: &str = "`50ms` or `10ms..50ms`";
    let text = match &place.node.value {
        Value::Integer(0) => return Some(Pause::NONE),
        Value::Text(text) => text,
        Value::Unreadable => return None,
        _ => {
            not_a_length(place, EXAMPLES, reader);
            return None;
        }
    };
    match text.parse::<Pause>() {
        Ok(pause) if pause.max <= LONGEST => return Some(pause),
        Ok(_) => {
            let message = format!("`{}` is longer than a year", place.label);
            reader.report(place.value(), message, None);
        }
        Err(PauseError::Backwards(_)) => {
            let message = format!("the range {} ends before it begins", quoted(text));
            reader.report(place.value(), message, "the shorter length comes first".to_owned());
        }
        Err(PauseError::NotAPause(_)) => not_a_length(place, EXAMPLES, reader),
    }
    None
}

fn not_a_length(place: &Place<'_>, examples: &str, reader: &mut Reader) {
    let (Value::Integer(number), label) = (&place.node.value, &place.label) else {
        return wrong_type(place, "a length of time", examples, reader);
    };
    let hint = match *number {
        1..=1_000_000_000 => format!("write `{number}s` or `{number}ms`"),
        _ => format!("for example {examples}"),
    };
    reader.report(place.value(), format!("`{label}` needs a unit: {number} of what?"), hint);
}

/// `"10"` and `1_000` are numbers to a person.
fn unquoted_number(text: &str) -> Option<String> {
    let digits: String =
        text.chars().filter(|char| !matches!(char, '_' | ',' | '\'' | ' ')).collect();
    let number = scalar::integer(&digits).filter(|number| i64::try_from(*number).is_ok())?;
    let how = if digits == text { "without the quotes" } else { "with digits only" };
    Some(format!("write it {how}: {number}"))
}
