use std::ops::Range;
use std::time::Duration;

use super::cursor::Fault;
use super::meaning::{self, Doubt, Known};
use super::types::{Condition, Threshold};
use super::{expression, selector};
use crate::model::Selector;
use crate::scenario::fields::{Fields, wrong_type};
use crate::scenario::position::Spot;
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

/// The part of a text's place that is meant, or all of it.
fn narrowed(spot: Spot, text: &str, at: &Range<usize>) -> Spot {
    let part = spot.span.and_then(|span| span.within(text, at.clone()));
    Spot { span: part.or(spot.span), ..spot }
}
