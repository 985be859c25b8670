use std::ops::Range;
use std::time::Duration;

use super::cursor::Fault;
use super::meaning::{self, Doubt, Known};
use super::types::{Condition, Threshold};
use super::{expression, selector};
use crate::model::Selector;
use crate::scenario::fields::{Fields, wrong_type};
use crate::scenario::position::{Position, Span, Spot};
use crate::scenario::reader::{Place, Reader};
use crate::scenario::tree::Value;
use crate::scenario::{keys, values};

const EXAMPLE: &str = "`http_req_duration: [\"p(95)<200\"]`";
/// Each may keep a histogram.
const MOST: usize = 1000;

/// `thresholds:`. Whatever it returns, the reader's problems say whether it may
/// be used.
pub(in crate::scenario) fn read(
    place: Place<'_>,
    known: Known<'_>,
    reader: &mut Reader,
) -> Vec<Threshold> {
    let Some(fields) = Fields::of(place, EXAMPLE, reader) else { return Vec::new() };
    let count = fields.iter().count();
    if count > MOST {
        let message = format!("{count} metrics have thresholds; at most {MOST} can");
        reader.report(fields.name(), message, None);
        return Vec::new();
    }
    fields.iter().filter_map(|(text, place)| threshold(text, &place, known, reader)).collect()
}

fn threshold(
    text: &str,
    place: &Place<'_>,
    known: Known<'_>,
    reader: &mut Reader,
) -> Option<Threshold> {
    let selector = match selector::parse(text) {
        Ok(selector) => selector,
        Err(fault) => {
            report(place.name(), text, fault, reader);
            return None;
        }
    };
    for doubt in meaning::doubts(&selector, text, known, reader) {
        match doubt {
            Doubt::Error(fault) => report(place.name(), text, fault, reader),
            Doubt::Warning(fault) => {
                let spot = narrowed(place.name(), text, &fault.at);
                reader.warn(spot, fault.message, &fault.hint);
            }
        }
    }
    let conditions = match &place.node.value {
        Value::List(items) if items.is_empty() => {
            let message = format!("`{}` has no thresholds", place.label);
            reader.report(place.name(), message, format!("for example {EXAMPLE}"));
            return None;
        }
        Value::List(items) => items
            .iter()
            .enumerate()
            .filter_map(|(index, node)| condition(&place.item(index, node), &selector, reader))
            .collect(),
        _ => condition(place, &selector, reader).into_iter().collect(),
    };
    Some(Threshold { selector, conditions })
}

/// An expression by itself, or with what it does when it does not hold.
fn condition(place: &Place<'_>, selector: &Selector, reader: &mut Reader) -> Option<Condition> {
    match &place.node.value {
        Value::Text(text) => expression(text, place, selector, reader),
        Value::Map(_) => with_options(place.clone(), selector, reader),
        Value::Unreadable => None,
        _ => {
            wrong_type(place, "an expression", "`p(95)<200`", reader);
            None
        }
    }
}

fn with_options(place: Place<'_>, selector: &Selector, reader: &mut Reader) -> Option<Condition> {
    let fields = Fields::of(place, "`{ threshold: \"p(95)<200\" }`", reader)?;
    fields.check_keys(keys::THRESHOLD, |key| keys::elsewhere(key, keys::THRESHOLD), reader);
    // k6's spelling, too.
    let either = |ours: &str, theirs: &str| fields.get(ours).or_else(|| fields.get(theirs));
    let abort = either("abort_on_fail", "abortOnFail")
        .and_then(|place| values::boolean(&place, reader))
        .unwrap_or(false);
    let delay = either("delay_abort_eval", "delayAbortEval")
        .and_then(|place| values::duration(&place, reader));
    let Some(place) = fields.get("threshold") else {
        if fields.lacks("threshold", keys::THRESHOLD) {
            let hint = "for example `{ threshold: \"p(95)<200\", abort_on_fail: true }`".to_owned();
            reader.report(fields.name(), "there is no `threshold`", hint);
        }
        return None;
    };
    let text = values::text(&place, "`threshold: \"p(95)<200\"`", reader)?;
    let condition = expression(&text, &place, selector, reader)?;
    let abort = abort.then(|| delay.unwrap_or(Duration::ZERO));
    Some(Condition { abort, ..condition })
}

fn expression(
    text: &str,
    place: &Place<'_>,
    selector: &Selector,
    reader: &mut Reader,
) -> Option<Condition> {
    let found = match expression::parse(text) {
        Ok(found) => found,
        Err(fault) => {
            report(place.value(), text, fault, reader);
            return None;
        }
    };
    if let Some(fault) = meaning::missing_number(selector, &found) {
        report(place.value(), text, fault, reader);
        return None;
    }
    if let Some(fault) = meaning::beyond_a_rate(selector, &found) {
        let spot = narrowed(place.value(), text, &fault.at);
        reader.warn(spot, fault.message, &fault.hint);
    }
    Some(Condition {
        aggregation: found.aggregation,
        operator: found.operator,
        bound: found.bound,
        abort: None,
    })
}

fn report(spot: Spot, text: &str, fault: Fault, reader: &mut Reader) {
    reader.report(narrowed(spot, text, &fault.at), fault.message, fault.hint);
}

/// The part of a text's place that is meant, where the text is written as it is:
/// on one line, and without escapes.
fn narrowed(spot: Spot, text: &str, at: &Range<usize>) -> Spot {
    let Some(Span { start, end }) = spot.span.filter(|span| span.start.line == span.end.line)
    else {
        return spot;
    };
    let quote = match (end.column - start.column).checked_sub(text.chars().count()) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return spot,
    };
    let column = |at: usize| Position { column: start.column + quote + at, ..start };
    Spot { span: Some(Span { start: column(at.start), end: column(at.end) }), ..spot }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(from: usize, to: usize) -> Spot {
        let at = |column| Position { file: 0, line: 3, column };
        Spot { path: String::new(), span: Some(Span { start: at(from), end: at(to) }) }
    }

    #[test]
    fn a_part_of_a_text_has_a_place_of_its_own() {
        assert_eq!(narrowed(spot(10, 17), "avg<<20", &(3..5)), spot(13, 15));
        assert_eq!(narrowed(spot(10, 19), "avg<<20", &(3..5)), spot(14, 16));
        // There are escapes in it.
        assert_eq!(narrowed(spot(10, 22), "avg<<20", &(3..5)), spot(10, 22));
        let nowhere = Spot::default();
        assert_eq!(narrowed(nowhere.clone(), "avg<<20", &(3..5)), nowhere);
    }
}
