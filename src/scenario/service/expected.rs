use std::ops::RangeInclusive;

use regex::Regex;

use super::path::JsonPath;
use super::request::optional;
use super::templates::{from_offset, json};
use super::types::{AnyOf, Assertion, Comparison, Expected, Pattern, Relation, Source, StatusSet};
use crate::scenario::fields::{Fields, wrong_type};
use crate::scenario::reader::{Place, Reader};
use crate::scenario::tree::{Node, Value};
use crate::scenario::wording::quoted;
use crate::scenario::{keys, values};
use crate::template::JsonTemplate;

const LONGEST_PATH: usize = 1000;
const MOST_BRACKETS: usize = 50;
const EXAMPLE: &str = "`{ status: 200 }` or `{ jsonpath: $.left, \">=\": 0 }`";

/// `{ status: 200, jsonpath: $.left, ">=": 0 }`. `valid`: its keys, and those
/// that the caller reads.
pub(super) fn read(fields: &Fields<'_>, valid: &[&str], reader: &mut Reader) -> Option<Expected> {
    let unknown = fields.check_keys(valid, |key| keys::elsewhere(key, valid), reader);
    let status = fields.get("status").map(|place| status(&place, reader));
    let body = fields.get("body").map(|place| body(&place, reader));
    let duration = fields.get("duration").map(|place| duration(&place, reader));
    let compared = compared(fields, reader);
    let assertions = [optional(body)?, optional(duration)?, compared?];
    let assertions: Vec<Assertion> = assertions.into_iter().flatten().collect();
    let status = optional(status)?;
    if status.is_none() && assertions.is_empty() {
        // The unknown key, reported before, is probably what was meant.
        if unknown > 0 {
            return None;
        }
        let hint = format!("for example {EXAMPLE}");
        reader.report(fields.name(), "there is nothing to compare", hint);
        return None;
    }
    Some(Expected { status, assertions })
}

pub(super) fn read_place(place: Place<'_>, reader: &mut Reader) -> Option<Expected> {
    // `ok: 200` for short.
    if !matches!(place.node.value, Value::Map(_) | Value::Unreadable) {
        let status = status(&place, reader)?;
        return Some(Expected { status: Some(status), assertions: Vec::new() });
    }
    read(&Fields::of(place, EXAMPLE, reader)?, keys::EXPECTED, reader)
}

/// `200`, `{ status: 200 }`, or a list of these.
pub(super) fn any_of(place: Place<'_>, reader: &mut Reader) -> Option<AnyOf> {
    let is_list = |items: &[Node]| items.iter().any(|it| matches!(it.value, Value::Map(_)));
    match &place.node.value {
        // `[200, 201]` is one set of statuses.
        Value::List(items) if is_list(items) => {
            let items = items.iter().enumerate();
            let all: Vec<Option<Expected>> =
                items.map(|(at, item)| read_place(place.item(at, item), reader)).collect();
            all.into_iter().collect::<Option<_>>().map(AnyOf)
        }
        _ => read_place(place, reader).map(|one| AnyOf(vec![one])),
    }
}

/// `body: "exactly this"`
fn body(place: &Place<'_>, reader: &mut Reader) -> Option<Assertion> {
    let operand = json(place, reader)?;
    let comparison = Comparison { relation: Relation::Equal, operand, pattern: None };
    Some(Assertion { source: Source::Body, comparisons: vec![comparison] })
}

/// `duration: 200ms`: at most so long.
fn duration(place: &Place<'_>, reader: &mut Reader) -> Option<Assertion> {
    let most = values::time_limit(place, reader)?.as_secs_f64();
    let operand = JsonTemplate::Fixed(most.into());
    let comparison = Comparison { relation: Relation::LessOrEqual, operand, pattern: None };
    Some(Assertion { source: Source::Duration, comparisons: vec![comparison] })
}

/// What the relations compare. The outer `None`: unreadable. The inner: there
/// are none.
fn compared(fields: &Fields<'_>, reader: &mut Reader) -> Option<Option<Assertion>> {
    let relations: Vec<(Relation, Place<'_>)> = Relation::ALL
        .iter()
        .filter_map(|(name, relation)| Some((*relation, fields.get(name)?)))
        .collect();
    let subject = match (fields.get("jsonpath"), fields.get("header")) {
        (Some(_), Some(second)) => {
            let hint = "one comparison looks at one part".to_owned();
            reader.report(second.name(), "`jsonpath` and `header` exclude each other", hint);
            return None;
        }
        (Some(place), None) => Some(path(&place, reader).map(Source::Json)),
        (None, Some(place)) => {
            Some(values::text(&place, "`header: Content-Type`", reader).map(Source::Header))
        }
        (None, None) => None,
    };
    let source = match (subject, relations.first()) {
        (Some(source), _) => source,
        (None, None) => return Some(None),
        (None, Some((Relation::Contains | Relation::Matches, _))) => Some(Source::Body),
        (None, Some((relation, place))) => {
            let message = format!("`{}` compares nothing", relation.name());
            let hint = "say what with `jsonpath` or `header`; for example `{ jsonpath: $.left, \
                        \">=\": 0 }`";
            let hint = hint.to_owned();
            reader.report(place.name(), message, hint);
            None
        }
    };
    let comparisons: Vec<Option<Comparison>> = relations
        .into_iter()
        .map(|(relation, place)| comparison(relation, &place, reader))
        .collect();
    let mut comparisons: Vec<Comparison> = comparisons.into_iter().collect::<Option<_>>()?;
    if comparisons.is_empty() {
        let operand = JsonTemplate::Fixed(true.into());
        comparisons.push(Comparison { relation: Relation::Exists, operand, pattern: None });
    }
    Some(Some(Assertion { source: source?, comparisons }))
}

fn comparison(relation: Relation, place: &Place<'_>, reader: &mut Reader) -> Option<Comparison> {
    let operand = json(place, reader)?;
    let pattern = match (relation, operand.fixed()) {
        (Relation::Matches, Some(serde_json::Value::String(text))) => {
            Some(pattern(text, place, reader)?)
        }
        (Relation::Matches, Some(_)) => {
            let hint = "for example `matches: \"^seat-\\\\d+$\"`".to_owned();
            reader.report(place.value(), "`matches` takes a regular expression", hint);
            return None;
        }
        (Relation::Exists, Some(value)) if !value.is_boolean() => {
            let hint = "write `exists: true` or `exists: false`".to_owned();
            reader.report(place.value(), "`exists` is true or false", hint);
            return None;
        }
        _ => None,
    };
    Some(Comparison { relation, operand, pattern })
}

/// `$.left`
pub(super) fn path(place: &Place<'_>, reader: &mut Reader) -> Option<JsonPath> {
    let text = values::text(place, "`$.left`", reader)?;
    // Its parser calls itself at each of them.
    let brackets = text.matches(['(', '[', '!']).count();
    if text.len() > LONGEST_PATH || brackets > MOST_BRACKETS {
        let hint = format!("at most {LONGEST_PATH} characters and {MOST_BRACKETS} brackets");
        reader.report(place.value(), "this JSONPath is too long", hint);
        return None;
    }
    match JsonPath::parse(&text) {
        Ok(path) => Some(path),
        Err(error) => {
            let (spot, message) = match text.starts_with('$') {
                false => (place.value(), "a JSONPath begins with `$`"),
                true => (
                    from_offset(place, &text, error.position()),
                    "this JSONPath makes no sense from here on",
                ),
            };
            let hint = "for example `$.left`, `$.seats[0].left` or `$['odd name']`".to_owned();
            reader.report(spot, message, hint);
            None
        }
    }
}

pub(super) fn pattern(text: &str, place: &Place<'_>, reader: &mut Reader) -> Option<Pattern> {
    match Regex::new(text) {
        Ok(regex) => Some(Pattern(regex)),
        Err(error) => {
            let error = error.to_string();
            let last = error.lines().last().unwrap_or_default();
            let cause = last.strip_prefix("error: ").unwrap_or(last);
            // The crate draws the text, indented, and a caret below.
            let caret = error.lines().find_map(|line| line.strip_suffix('^'));
            let column = caret.map_or(0, |before| before.chars().count().saturating_sub(4));
            let offset = text.char_indices().nth(column).map_or(0, |(offset, _)| offset);
            let message = format!("not a regular expression: {cause}");
            let spot = from_offset(place, text, offset);
            reader.report(spot, message, "for example `id=(\\d+)`".to_owned());
            None
        }
    }
}

/// `200`, `[200, 404]`, `2xx`, `200..299`
fn status(place: &Place<'_>, reader: &mut Reader) -> Option<StatusSet> {
    const EXAMPLES: &str = "`200`, `[200, 404]`, `2xx` or `200..299`";
    let range = |place: &Place<'_>, reader: &mut Reader| match &place.node.value {
        Value::Integer(_) => {
            let status = values::whole(place, 100..=599, reader)? as u16;
            Some(((status..=status), status.to_string()))
        }
        Value::Text(text) => match status_range(text) {
            Some(range) => Some((range, text.trim().to_owned())),
            None => {
                let message = format!("{} is no HTTP status", quoted(text));
                reader.report(place.value(), message, format!("for example {EXAMPLES}"));
                None
            }
        },
        Value::Unreadable => None,
        _ => {
            wrong_type(place, "an HTTP status", EXAMPLES, reader);
            None
        }
    };
    let parts: Vec<Option<_>> = match &place.node.value {
        Value::List(items) if !items.is_empty() => {
            (0..).zip(items).map(|(index, item)| range(&place.item(index, item), reader)).collect()
        }
        _ => vec![range(place, reader)],
    };
    let (ranges, texts): (Vec<_>, Vec<String>) =
        parts.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
    Some(StatusSet { text: texts.join(" or "), ranges })
}

fn status_range(text: &str) -> Option<RangeInclusive<u16>> {
    let text = text.trim();
    let status =
        |text: &str| text.trim().parse().ok().filter(|status| (100..=599).contains(status));
    if let Some((low, high)) = text.split_once("..") {
        return Some(status(low)?..=status(high)?).filter(|range| !range.is_empty());
    }
    let class = text.to_lowercase();
    if let Some(digit @ '1'..='5') = class.strip_suffix("xx").and_then(|class| class.chars().next())
        && class.len() == 3
    {
        let low = u16::from(digit as u8 - b'0') * 100;
        return Some(low..=low + 99);
    }
    let status = status(text)?;
    Some(status..=status)
}
