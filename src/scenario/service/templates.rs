//! Values with `{{ ... }}` in them.

use super::types::Argument;
use crate::model::AmountRange;
use crate::scenario::fields::wrong_type;
use crate::scenario::position::{Span, Spot};
use crate::scenario::reader::{Place, Reader};
use crate::scenario::tree::{Node, Value};
use crate::scenario::values;
use crate::scenario::wording::{list_of, quoted};
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
        Ok(template) => {
            check_columns(&template, place, reader);
            Some(template)
        }
        Err(error) => {
            report(text, place, &error, reader);
            None
        }
    }
}

/// Every row of a CSV file has the same columns.
fn check_columns(template: &Template, place: &Place<'_>, reader: &mut Reader) {
    if reader.columns.is_empty() {
        return;
    }
    for path in template.paths() {
        let mut parts = path.split('.');
        let (Some(name), Some(column)) = (parts.next(), parts.next()) else { continue };
        let Some(columns) = reader.columns.get(name) else { continue };
        if columns.iter().any(|known| **known == *column) {
            continue;
        }
        let known: Vec<&str> = columns.iter().map(|column| &**column).collect();
        let hint = reader.did_you_mean(column, known.iter().copied());
        let hint = hint.unwrap_or_else(|| format!("there are {}", list_of(&known)));
        let message = format!("`{name}` has no column {}", quoted(column));
        reader.report(spot_of(place, name), message, hint);
    }
}

/// The mistake at its place inside of the text.
fn report(text: &str, place: &Place<'_>, error: &TemplateError, reader: &mut Reader) {
    let message = format!("the template in `{}`: {}", place.label, error.message);
    let hint = "an expression is, for example, `{{ random(1, 10) }}` or `{{ users.name }}`";
    reader.report(from_offset(place, text, error.offset), message, hint.to_owned());
}

/// The text of a scalar from this byte on, or all of it.
pub(in crate::scenario) fn from_offset(place: &Place<'_>, text: &str, offset: usize) -> Spot {
    let spot = place.value();
    let length = text.chars().count();
    let start = text.get(..offset).map_or(0, |before| before.chars().count());
    // At the very end there is still something to point at.
    let part = spot.span.and_then(|span| span.within(text, start..length.max(start + 1)));
    Spot { span: part.or(spot.span), ..spot }
}

/// Where a template names the variable, inside of this value.
pub(in crate::scenario) fn spot_of(place: &Place<'_>, variable: &str) -> Spot {
    let spot = place.value();
    let span = find(place.node, variable).or(spot.span);
    Spot { span, ..spot }
}

/// Where an expression names the variable.
pub(in crate::scenario) fn named_in(place: &Place<'_>, variable: &str) -> Spot {
    let spot = place.value();
    let Value::Text(text) = &place.node.value else { return spot };
    let start = word(text, variable, 0);
    let at = start.map(|start| start..start + variable.chars().count());
    let part = at.and_then(|at| spot.span?.within(text, at));
    Spot { span: part.or(spot.span), ..spot }
}

fn find(node: &Node, variable: &str) -> Option<Span> {
    match &node.value {
        Value::Text(text) => {
            let start = mention(text, variable)?;
            let at = start..start + variable.chars().count();
            node.span?.within(text, at).or(node.span)
        }
        Value::List(items) => items.iter().find_map(|item| find(item, variable)),
        Value::Map(entries) => entries.iter().find_map(|entry| find(&entry.value, variable)),
        _ => None,
    }
}

/// Where the variable stands after a `{{`, in characters.
fn mention(text: &str, variable: &str) -> Option<usize> {
    word(text, variable, text.find("{{")?)
}

/// Where the word stands by itself, from this byte on, in characters.
fn word(text: &str, word: &str, from: usize) -> Option<usize> {
    let part_of_word = |char: char| char == '_' || char == '.' || char.is_alphanumeric();
    text.match_indices(word)
        .find(|(at, _)| {
            let after = text[at + word.len()..].chars().next();
            *at >= from
                && !text[..*at].ends_with(part_of_word)
                && !after.is_some_and(|char| char == '_' || char.is_alphanumeric())
        })
        .map(|(at, _)| text[..at].chars().count())
}
