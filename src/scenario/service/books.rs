//! How the accounts of a service are set and read.

use super::expected::path;
use super::request;
use super::templates::{from_offset, spot_of, template};
use super::types::{Balances, ReadRule, RequestTemplate, Reset, ResetStep};
use crate::scenario::fields::Fields;
use crate::scenario::keys;
use crate::scenario::reader::{Place, Reader};
use crate::scenario::tree::Value;
use crate::scenario::values;
use crate::template::Expression;

const RESET: &str = "`reset: none` or `reset: { request: { method: POST, path: /reset } }`";
const READ: &str = "`read: { request: \"/seats/{{ account }}\", balance: $.left }`";

/// `reset:`
pub(in crate::scenario) fn reset(place: Place<'_>, reader: &mut Reader) -> Option<Reset> {
    match &place.node.value {
        Value::Text(text) if text == "none" => Some(Reset::Nothing),
        Value::List(items) if items.is_empty() => {
            let hint = "write `reset: none` to leave the accounts as they are".to_owned();
            reader.report(place.name(), "`reset` is an empty list", hint);
            None
        }
        Value::List(items) => {
            let steps: Vec<Option<ResetStep>> = (0..)
                .zip(items)
                .map(|(index, node)| reset_step(place.item(index, node), reader))
                .collect();
            Some(Reset::Requests(steps.into_iter().collect::<Option<_>>()?))
        }
        _ => Some(Reset::Requests(vec![reset_step(place, reader)?])),
    }
}

fn reset_step(place: Place<'_>, reader: &mut Reader) -> Option<ResetStep> {
    let fields = Fields::of(place, RESET, reader)?;
    fields.check_keys(keys::RESET, |key| keys::elsewhere(key, keys::RESET), reader);
    let request = requested(&fields, keys::RESET, RESET, reader)?;
    let variables = request.variables();
    let each = variables.contains("account") || variables.contains("balance");
    check_variables(&fields, &request, &["account", "balance", "accounts"], reader);
    Some(ResetStep { request, each })
}

/// `read:`
pub(in crate::scenario) fn read(place: Place<'_>, reader: &mut Reader) -> Option<ReadRule> {
    let fields = Fields::of(place, READ, reader)?;
    fields.check_keys(keys::READ, |key| keys::elsewhere(key, keys::READ), reader);
    let request = requested(&fields, keys::READ, READ, reader);
    let balances = balances(&fields, reader);
    let (request, balances) = (request?, balances?);
    let each = request.variables().contains("account");
    check_variables(&fields, &request, &["account"], reader);
    let hint = match (&balances, each) {
        (Balances::One(_), false) => {
            "`balance` is of one account: name it in the request with `{{ account }}`, or use \
             `balances` for all of them"
        }
        (Balances::ByName(_) | Balances::List { .. }, true) => {
            "`balances` are of all accounts: leave `{{ account }}` out of the request, or use \
             `balance`"
        }
        _ => return Some(ReadRule { scale: reader.scale, request, balances }),
    };
    reader.report(
        fields.name(),
        "request and answer of `read` do not go together",
        hint.to_owned(),
    );
    None
}

fn balances(fields: &Fields<'_>, reader: &mut Reader) -> Option<Balances> {
    match (fields.get("balance"), fields.get("balances")) {
        (Some(place), None) => path(&place, reader).map(Balances::One),
        (None, Some(place)) => match &place.node.value {
            Value::Map(_) => list(place, reader),
            _ => path(&place, reader).map(Balances::ByName),
        },
        (Some(place), Some(_)) => {
            let hint = "one account (`balance`) or all of them (`balances`)".to_owned();
            reader.report(place.name(), "`balance` and `balances` exclude each other", hint);
            None
        }
        (None, None) => {
            let lacks = |key| fields.lacks(key, keys::READ);
            if lacks("balance") && lacks("balances") {
                let hint = format!("for example {READ}");
                reader.report(fields.name(), "`read` does not say where the balance is", hint);
            }
            None
        }
    }
}

/// `balances: { each: "$.seats[*]", account: "seat-{{ item.id }}", balance: item.left }`
fn list(place: Place<'_>, reader: &mut Reader) -> Option<Balances> {
    const EXAMPLE: &str =
        "`balances: { each: \"$.seats[*]\", account: \"{{ item.id }}\", balance: item.left }`";
    let fields = Fields::of(place, EXAMPLE, reader)?;
    fields.check_keys(keys::BALANCES, |key| keys::elsewhere(key, keys::BALANCES), reader);
    let mut part = |key| match fields.get(key) {
        Some(place) => Some(place),
        None => {
            if fields.lacks(key, keys::BALANCES) {
                let message = format!("`balances` has no `{key}`");
                reader.report(fields.name(), message, format!("for example {EXAMPLE}"));
            }
            None
        }
    };
    let (each, account, balance) = (part("each"), part("account"), part("balance"));
    let each = each.and_then(|place| path(&place, reader));
    let account = account.and_then(|place| template(&place, EXAMPLE, reader));
    let balance = balance.and_then(|place| expression(&place, "`item.left`", reader));
    Some(Balances::List { each: each?, account: account?, balance: balance? })
}

/// `item.left`, with or without braces.
pub(in crate::scenario) fn expression(
    place: &Place<'_>,
    example: &str,
    reader: &mut Reader,
) -> Option<Expression> {
    let text = values::text(place, example, reader)?;
    let inner = text.trim().strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
    let inner = inner.unwrap_or(&text);
    match Expression::parse(inner) {
        Ok(expression) => Some(expression),
        Err(error) => {
            let message = format!("the expression in `{}`: {}", place.label, error.message);
            let offset = text.find(inner).unwrap_or(0) + error.offset;
            let hint = match inner.get(error.offset..) {
                Some(rest) if rest.starts_with("= ") => "two things are compared with `==`".into(),
                _ => format!("for example {example}"),
            };
            reader.report(from_offset(place, &text, offset), message, hint);
            None
        }
    }
}

fn requested(
    fields: &Fields<'_>,
    valid: &[&str],
    example: &str,
    reader: &mut Reader,
) -> Option<RequestTemplate> {
    match fields.get("request") {
        Some(place) => request::read(place, reader),
        None => {
            if fields.lacks("request", valid) {
                let message = format!("`{}` has no `request`", fields.place.label);
                reader.report(fields.name(), message, format!("for example {example}"));
            }
            None
        }
    }
}

/// What the templates of the request may name, beside the variables of the file.
fn check_variables(
    fields: &Fields<'_>,
    request: &RequestTemplate,
    own: &[&str],
    reader: &mut Reader,
) {
    for name in request.variables() {
        if !own.contains(&name.as_str()) {
            let spot = spot_of(&fields.place, &name);
            reader.needs(name, spot, None);
        }
    }
}
