//! Values with `{{ ... }}` in them.

use super::types::Argument;
use crate::model::AmountRange;
use crate::scenario::fields::wrong_type;
use crate::scenario::position::{Position, Span, Spot};
use crate::scenario::reader::{Place, Reader};
use crate::scenario::tree::{Node, Value};
use crate::scenario::values;
use crate::template::{JsonTemplate, Template, TemplateError};

/// A text or a number, of which a text is made.
pub(in crate::scenario) fn template(
    place: &Place<'_>,
    example: &str,
    reader: &mut Reader,
) -> Option<Template> {
    match &place.node.value {
        Value::Text(text) => parse(text, place, reader),
        Value::Integer(number) => Some(Template::literal(number.to_string())),
        Value::Bool(value) => Some(Template::literal(value.to_string())),
        Value::Float(number) => Some(Template::literal(number.to_string())),
        Value::Unreadable => None,
        _ => {
            wrong_type(place, "a text", example, reader);
            None
        }
    }
}

/// Any value; texts inside of it may have `{{ ... }}` in them.
pub(in crate::scenario) fn json(place: &Place<'_>, reader: &mut Reader) -> Option<JsonTemplate> {
    Some(part(place, reader)?.simplified())
}

fn part(place: &Place<'_>, reader: &mut Reader) -> Option<JsonTemplate> {
    Some(match &place.node.value {
        Value::Nothing => JsonTemplate::Fixed(serde_json::Value::Null),
        Value::Bool(value) => JsonTemplate::Fixed((*value).into()),
        Value::Integer(number) => match i64::try_from(*number) {
            Ok(number) => JsonTemplate::Fixed(number.into()),
            Err(_) => {
                let message = format!("`{}` is a number too large for JSON", place.label);
                reader.report(place.value(), message, format!("the most is {}", i64::MAX));
                return None;
            }
        },
        Value::Float(number) => JsonTemplate::Fixed((*number).into()),
        Value::Text(text) => JsonTemplate::Text(parse(text, place, reader)?),
        Value::List(items) => {
            let items: Vec<Option<JsonTemplate>> = (0..)
                .zip(items)
                .map(|(index, node)| part(&place.item(index, node), reader))
                .collect();
            JsonTemplate::List(items.into_iter().collect::<Option<_>>()?)
        }
        Value::Map(entries) => {
            let entries: Vec<Option<(String, JsonTemplate)>> = entries
                .iter()
                .map(|entry| Some((entry.key.clone(), part(&place.entry(entry), reader)?)))
                .collect();
            JsonTemplate::Map(entries.into_iter().collect::<Option<_>>()?)
        }
        Value::Unreadable => return None,
    })
}

/// A value for a parameter: `4`, `"{{ seat }}"`, or `1..5`.
pub(in crate::scenario) fn argument(place: &Place<'_>, reader: &mut Reader) -> Option<Argument> {
    if let Value::Text(text) = &place.node.value
        && is_range(text)
    {
        let range: AmountRange = values::amounts(place, None, reader)?;
        return Some(Argument::Range(range));
    }
    Some(Argument::Value(json(place, reader)?))
}

fn is_range(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once("..").is_some_and(|(low, high)| digits(low.trim()) && digits(high.trim()))
}

fn parse(text: &str, place: &Place<'_>, reader: &mut Reader) -> Option<Template> {
    match Template::parse(text) {
        Ok(template) => Some(template),
        Err(error) => {
            report(text, place, &error, reader);
            None
        }
    }
}

/// The mistake at its place inside of the text, where the text is written as it
/// is read.
fn report(text: &str, place: &Place<'_>, error: &TemplateError, reader: &mut Reader) {
    let spot = place.value();
    let span = spot.span.map(|span| inside(span, place.node, text, error.offset));
    let message = format!("the template in `{}`: {}", place.label, error.message);
    let hint = "an expression is, for example, `{{ random(1, 10) }}` or `{{ users.name }}`";
    reader.report(Spot { span, ..spot }, message, hint.to_owned());
}

fn inside(span: Span, node: &Node, text: &str, offset: usize) -> Span {
    let Span { start, end } = span;
    let width = end.column.saturating_sub(start.column);
    let length = text.chars().count();
    // Plain, or in quotes without escapes: anything else is marked as a whole.
    let shift = match width.checked_sub(length) {
        Some(shift @ (0 | 2)) if start.line == end.line => shift / 2,
        _ => return node.span.unwrap_or(span),
    };
    let column = start.column + shift + text[..offset.min(text.len())].chars().count();
    Span { start: Position { column, ..start }, end }
}
