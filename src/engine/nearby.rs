//! What a JSON text has where a path leads nowhere.

use serde_json::Value as Json;

use super::unread::{described, short};
use crate::scenario::{JsonPath, nearest};

/// How deep, and among how many values, something is looked for.
const DEEPEST: usize = 6;
const MOST: usize = 1000;
/// Names shown of an object.
const NAMES: usize = 8;

/// Whether a value is of the kind that is wanted.
pub(super) type Fits = fn(&Json) -> bool;

/// What would lead somewhere, where the path leads to nothing.
pub(super) fn hint(json: &Json, path: &JsonPath, fits: Fits) -> String {
    let (mut value, mut here) = (json, "$".to_owned());
    for name in path.names().unwrap_or_default() {
        match value.get(name) {
            Some(inner) => {
                value = inner;
                here = step(&here, name);
            }
            None => {
                let meant = meant(json, value, &here, name, fits);
                return meant.map_or_else(String::new, |path| format!("; did you mean `{path}`?"));
            }
        }
    }
    String::new()
}

/// Why the path leads to nothing, and what would lead somewhere.
pub(super) fn missing(json: &Json, path: &JsonPath, fits: Fits) -> String {
    let Some(names) = path.names() else {
        return format!(
            "nothing is there; the answer is {}",
            described(json).trim_end_matches(',')
        );
    };
    let (mut value, mut here) = (json, "$".to_owned());
    for name in names {
        match value.get(name) {
            Some(inner) => {
                value = inner;
                here = step(&here, name);
            }
            None => return without(value, &here, name, &hint(json, path, fits)),
        }
    }
    "nothing is there".to_owned()
}

/// There is no such name in the value at this place.
fn without(value: &Json, here: &str, name: &str, hint: &str) -> String {
    let place = match here {
        "$" => "the answer".to_owned(),
        _ => format!("what is at {here}"),
    };
    match value {
        Json::Object(fields) => {
            let shown: Vec<String> = fields.iter().take(NAMES).map(field).collect();
            let more = match fields.len().saturating_sub(NAMES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            match shown.is_empty() {
                true => format!("{place} is an object without fields"),
                false => {
                    format!("{place} has no `{name}`; there is {}{more}{hint}", shown.join(", "))
                }
            }
        }
        Json::Array(items) if hint.is_empty() && !items.is_empty() => {
            let mut first = here.to_owned();
            first.push_str("[0]");
            format!(
                "{place} is {} so that its items have indices, as in `{first}`",
                described(value)
            )
        }
        Json::Array(_) | Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            format!("{place} is {}{hint}", described(value).trim_end_matches(','))
        }
    }
}

/// `` `balance` (5) ``
fn field((name, value): (&String, &Json)) -> String {
    let name = short(name);
    match value {
        Json::Array(_) => format!("`{name}` (a list)"),
        Json::Object(_) => format!("`{name}` (an object)"),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            format!("`{name}` ({})", short(&value.to_string()))
        }
    }
}

/// A path that was probably meant: the same name elsewhere, one like it here, the
/// only thing here that fits.
fn meant(json: &Json, value: &Json, here: &str, name: &str, fits: Fits) -> Option<String> {
    let is_it = |found: &str, value: &Json| found == name && fits(value);
    let below = search(value, here, &is_it).or_else(|| search(json, "$", &is_it));
    let fields = value.as_object();
    below
        .or_else(|| {
            let near = nearest(name, fields?.keys().map(String::as_str))?;
            Some(step(here, near))
        })
        .or_else(|| only_within(value, here, fits))
}

/// The path to the only thing in the value that fits.
pub(super) fn only_within(value: &Json, here: &str, fits: Fits) -> Option<String> {
    let numbers = |item: &Json, here: String| {
        let fields = item.as_object()?;
        if fields.contains_key("error") {
            return None;
        }
        let is_other = |name: &str| ["id", "code", "status", "version"].contains(&name);
        let mut numbers = fields.iter().filter(|(name, value)| !is_other(name) && fits(value));
        let (only, _) = numbers.next()?;
        numbers.next().is_none().then(|| step(&here, only))
    };
    match value {
        Json::Array(items) => {
            let (first, here) = (items.first()?, format!("{here}[0]"));
            if fits(first) { Some(here) } else { numbers(first, here) }
        }
        Json::Object(_) => numbers(value, here.to_owned()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            fits(value).then(|| here.to_owned())
        }
    }
}

/// The nearest field that is the one, through objects and the first items of lists.
fn search(json: &Json, here: &str, is_it: &dyn Fn(&str, &Json) -> bool) -> Option<String> {
    let (mut level, mut looked) = (vec![(json, here.to_owned())], 0);
    for _ in 0..DEEPEST {
        let mut next = Vec::new();
        for (value, here) in level {
            for (name, value) in value.as_object().into_iter().flatten() {
                looked += 1;
                if is_it(name, value) {
                    return Some(step(&here, name));
                }
                if looked < MOST {
                    next.push((value, step(&here, name)));
                }
            }
            if let Some(first) = value.as_array().and_then(|items| items.first()) {
                next.push((first, format!("{here}[0]")));
            }
        }
        level = next;
    }
    None
}

/// `$.a`, `$['a b']`
fn step(here: &str, name: &str) -> String {
    let is_plain = !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match is_plain {
        true => format!("{here}.{name}"),
        false => format!("{here}['{}']", short(&name.replace('\\', "\\\\").replace('\'', "\\'"))),
    }
}
