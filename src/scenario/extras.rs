//! What stands around the scenarios of a file: data, invariants, steps before
//! and after.

use std::time::Duration;

use super::fields::{self, Fields};
use super::reader::{Place, Reader};
use super::service::{self, expression, optional};
use super::tree::Value;
use super::types::{Data, Invariant, Operation};
use super::wording::{list_of, quoted};
use super::{keys, step, values, variables};
use crate::template::{BALANCES, Rows};

/// How often an invariant is looked at when nothing else is said.
const EVERY: Duration = Duration::from_millis(100);
/// What an invariant can name.
const SEEN: &[&str] = &["total", BALANCES, "initial", "initial_total"];

/// `data: { users: users.csv }`
pub(super) fn data(place: Place<'_>, reader: &mut Reader) -> Option<Vec<Data>> {
    let fields = Fields::of(place, "`data: { users: users.csv }`", reader)?;
    let all: Vec<Option<Data>> =
        fields.iter().map(|(name, place)| file(name, place, reader)).collect();
    all.into_iter().collect()
}

fn file(name: &str, place: Place<'_>, reader: &mut Reader) -> Option<Data> {
    const EXAMPLE: &str = "`users: users.csv` or `users: { file: users.csv, order: shuffled }`";
    let named = variables::check_name(name, &place, reader);
    reader.knows(name);
    let (file, order) = match &place.node.value {
        Value::Map(_) => {
            let fields = Fields::of(place, EXAMPLE, reader)?;
            fields.check_keys(keys::DATA, |key| keys::elsewhere(key, keys::DATA), reader);
            let Some(file) = fields.get("file") else {
                if fields.lacks("file", keys::DATA) {
                    let message = "this data has no `file`";
                    reader.report(fields.name(), message, format!("for example {EXAMPLE}"));
                }
                return None;
            };
            (file, fields.get("order"))
        }
        _ => (place, None),
    };
    let shuffled = order.map(|place| is_shuffled(&place, reader));
    let path = values::text(&file, EXAMPLE, reader)?;
    let path = reader.folder(&file).join(path);
    let rows = Rows::read(name, &reader.root, &path).map_err(|error| {
        reader.report(file.value(), error.message, error.hint.to_owned());
    });
    let shuffled = optional(shuffled)?.unwrap_or(false);
    let rows = rows.ok()?;
    if let Some(columns) = rows.columns() {
        reader.columns.insert(name.into(), columns.to_vec());
    }
    Some(Data { rows, shuffled }).filter(|_| named)
}

fn is_shuffled(place: &Place<'_>, reader: &mut Reader) -> Option<bool> {
    match values::text(place, "`order: shuffled`", reader)?.as_str() {
        "file" => Some(false),
        "shuffled" => Some(true),
        other => {
            let hint = "`file`: as they stand there; `shuffled`: as the seed has it".to_owned();
            reader.report(place.value(), format!("unknown order {}", quoted(other)), hint);
            None
        }
    }
}

/// `invariants: { the total is kept: total == 3000 }`
pub(super) fn invariants(place: Place<'_>, reader: &mut Reader) -> Option<Vec<Invariant>> {
    let fields = Fields::of(place, "`invariants: { the total is kept: total == 3000 }`", reader)?;
    let all: Vec<Option<Invariant>> =
        fields.iter().map(|(name, place)| invariant(name, place, reader)).collect();
    all.into_iter().collect()
}

fn invariant(name: &str, place: Place<'_>, reader: &mut Reader) -> Option<Invariant> {
    const EXAMPLE: &str = "`{ that: \"balance('a') + balance('b') >= 0\", every: 50ms }`";
    let named = values::check_name(name, &place, reader);
    let (that, every) = match &place.node.value {
        Value::Map(_) => {
            let fields = Fields::of(place, EXAMPLE, reader)?;
            fields.check_keys(keys::INVARIANT, |key| keys::elsewhere(key, keys::INVARIANT), reader);
            let Some(that) = fields.get("that") else {
                if fields.lacks("that", keys::INVARIANT) {
                    let message = "this invariant says nothing";
                    reader.report(fields.name(), message, format!("for example {EXAMPLE}"));
                }
                return None;
            };
            (that, fields.get("every"))
        }
        _ => (place, None),
    };
    let every = every.map(|place| values::time_limit(&place, reader));
    let expression = expression(&that, "`total == initial_total`", reader)?;
    for variable in expression.variables() {
        if !SEEN.contains(&variable.as_str()) {
            let hint = reader.did_you_mean(&variable, SEEN.iter().copied());
            let hint = hint.unwrap_or_else(|| {
                let known: Vec<&str> = SEEN.iter().copied().chain(["balance('a')"]).collect();
                format!("an invariant knows {}", list_of(&known))
            });
            let spot = service::named_in(&that, &variable);
            reader.report(spot, format!("there is no variable `{variable}`"), hint);
        }
    }
    let every = optional(every)?.unwrap_or(EVERY);
    Some(Invariant { name: name.into(), that: expression, every }).filter(|_| named)
}

/// `setup:` and `teardown:`
pub(super) fn steps(place: &Place<'_>, reader: &mut Reader) -> Option<Vec<Operation>> {
    const EXAMPLE: &str = "`- request: { method: POST, path: /login }`";
    let items = fields::items(place, EXAMPLE, reader)?;
    let steps: Vec<Option<Operation>> = (0..)
        .zip(items)
        .map(|(index, node)| {
            let fields = Fields::of(place.item(index, node), EXAMPLE, reader)?;
            step::read(&fields, &[], reader)
        })
        .collect();
    steps.into_iter().collect()
}
