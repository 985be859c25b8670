use std::sync::Arc;

use super::expected::{path, pattern, read as read_expected, read_place};
use super::request::{self, optional};
use super::templates::{spot_of, template};
use super::types::{Capture, CheckRule, Effect, Expected, Resolve, Source};
use crate::model::{AccountId, MOST_LEGS};
use crate::scenario::fields::{Fields, wrong_type};
use crate::scenario::reader::{Place, Reader};
use crate::scenario::tree::Value;
use crate::scenario::wording::quoted;
use crate::scenario::{keys, values, variables};
use crate::template::Template;

const EFFECT: &str =
    "`effect: { account: \"seat-{{ seat }}\", delta: \"-{{ qty }}\", balance: $.left }`";
const RESOLVE: &str = "`resolve: { request: \"/orders/{{ key }}\", applied: 200 }`";

/// `effect:`, one or a list.
pub(super) fn effects(place: Place<'_>, reader: &mut Reader) -> Option<Vec<Effect>> {
    let Value::List(items) = &place.node.value else {
        return effect(place, reader).map(|effect| vec![effect]);
    };
    let most = MOST_LEGS as usize + 1;
    if items.is_empty() || items.len() > most {
        let message = format!("`effect` has {} entries", items.len());
        let hint = format!("from 1 to {most}, each of another account, for example [{EFFECT}]");
        reader.report(place.name(), message, hint);
        return None;
    }
    let items = items.iter().enumerate();
    let effects: Vec<Option<Effect>> =
        items.map(|(at, item)| effect(place.item(at, item), reader)).collect();
    let effects: Vec<Effect> = effects.into_iter().collect::<Option<_>>()?;
    for (at, one) in effects.iter().enumerate() {
        if effects[..at].iter().any(|before| before.account == one.account) {
            let account = one.account.source();
            let message = format!("two effects are of the account {}", quoted(account));
            let hint = "add them up: an operation changes an account once".to_owned();
            reader.report(place.name(), message, hint);
            return None;
        }
    }
    Some(effects)
}

/// `{ account: a, delta: 1, balance: $.left }`
fn effect(place: Place<'_>, reader: &mut Reader) -> Option<Effect> {
    let fields = Fields::of(place, EFFECT, reader)?;
    let unknown = fields.check_keys(keys::EFFECT, |key| keys::elsewhere(key, keys::EFFECT), reader);
    let account = match fields.get("account") {
        Some(place) => template(&place, "`account: \"seat-{{ seat }}\"`", reader),
        None if fields.lacks("account", keys::EFFECT) => {
            let hint = format!("for example {EFFECT}");
            reader.report(fields.name(), "`effect` names no `account`", hint);
            None
        }
        None => None,
    };
    let delta = fields.get("delta").map(|place| amount(&place, reader));
    let balance = fields.get("balance").map(|place| path(&place, reader));
    let to = fields.get("to").map(|place| template(&place, "`to: \"{{ to }}\"`", reader));
    let to_balance = fields.get("to_balance").map(|place| path(&place, reader));
    if let (Some(to), None) = (fields.get("to"), &delta) {
        reader.report(to.name(), "`to` without a `delta` moves nothing", "add `delta`".to_owned());
        return None;
    }
    if let (Some(place), None) = (fields.get("to_balance"), &to) {
        reader.report(
            place.name(),
            "`to_balance` needs a `to`",
            "add the account it is of".to_owned(),
        );
        return None;
    }
    if delta.is_none() && balance.is_none() {
        // The unknown key, reported before, is probably one of them.
        if unknown > 0 {
            return None;
        }
        let hint = "say what changes (`delta`), or what is read (`balance`)".to_owned();
        reader.report(fields.name(), "this effect neither changes nor reads anything", hint);
        return None;
    }
    // Whether an account exists can only be said at the end.
    let named = [("account", account.as_ref()), ("to", to.as_ref().and_then(Option::as_ref))];
    for (key, template) in named {
        let name = template.and_then(|template| template.fixed());
        if let (Some(name), Some(place)) = (name, fields.get(key)) {
            reader.used.push((AccountId::new(name), place.value()));
        }
    }
    if let (Some(place), Some(Some(to)), Some(from)) = (fields.get("to"), &to, &account)
        && from == to
    {
        let hint = "name two accounts".to_owned();
        reader.report(place.value(), "this effect goes from an account to itself", hint);
        return None;
    }
    Some(Effect {
        scale: reader.scale,
        account: account?,
        delta: optional(delta)?,
        is_told: false,
        balance: optional(balance)?,
        to: optional(to)?,
        to_balance: optional(to_balance)?,
    })
}

/// Which effects depend on what the operation captures from its own answer. That may be
/// the `delta`, which is then known when it is answered; which account it is about has
/// to be known before.
pub(super) fn note_captures(
    place: &Place<'_>,
    effects: &mut [Effect],
    captures: &[Capture],
    reader: &mut Reader,
) {
    let places: Vec<Place<'_>> = match &place.node.value {
        Value::List(items) => {
            items.iter().enumerate().map(|(at, item)| place.item(at, item)).collect()
        }
        _ => vec![place.clone()],
    };
    for (effect, place) in effects.iter_mut().zip(places) {
        let Some(fields) = Fields::readable(place) else { continue };
        let names = |template: &Template| {
            let names = template.variables();
            captures.iter().find(|capture| names.contains(&*capture.name))
        };
        effect.is_told = effect.delta.as_ref().is_some_and(|delta| names(delta).is_some());
        if let (true, Some(place)) = (effect.is_told, fields.get("to")) {
            let message = "what goes `to` another account is not known before the answer";
            let hint = "write two effects, one of each account: `effect: [{ account: a, delta: \
                        \"-{{ charged }}\" }, { account: b, delta: \"{{ charged }}\" }]`";
            reader.report(place.name(), message, hint.to_owned());
        }
        for (key, template) in [("account", Some(&effect.account)), ("to", effect.to.as_ref())] {
            let Some(capture) = template.and_then(names) else { continue };
            let Some(place) = fields.get(key) else { continue };
            let name = &capture.name;
            let message = format!(
                "`{key}` names `{name}`, which this operation itself captures: which account it \
                 is about is worked out before the request is sent, with what the step before \
                 captured"
            );
            let hint = format!(
                "say it by what the request sends; if the step before is meant, capture it there \
                 under another name than `{name}`"
            );
            reader.report(spot_of(&place, name), message, hint);
        }
    }
}

fn amount(place: &Place<'_>, reader: &mut Reader) -> Option<crate::template::Template> {
    let delta = template(place, "`delta: \"-{{ qty }}\"`", reader)?;
    let fixed = delta.fixed().map(|text| reader.scale.parse(text));
    if fixed == Some(Some(0)) {
        let hint = "an effect that only reads has no `delta`".to_owned();
        reader.report(place.value(), "`delta: 0` changes nothing", hint);
        return None;
    }
    if fixed == Some(None) {
        let message = match reader.scale.digits() {
            0 => "`delta` takes a whole number, with a sign".to_owned(),
            digits => format!(
                "`delta` takes a number of at most {digits} digits after the point, with a sign"
            ),
        };
        reader.report(place.value(), message, "for example `-1` or `\"-{{ qty }}\"`".to_owned());
        return None;
    }
    Some(delta)
}

/// `capture:`
pub(super) fn captures(place: Place<'_>, reader: &mut Reader) -> Option<Vec<Capture>> {
    let fields = Fields::of(place, "`capture: { left: $.left }`", reader)?;
    let captures: Vec<Option<Capture>> = fields
        .iter()
        .map(|(name, place)| {
            let named = variables::check_name(name, &place, reader);
            reader.knows(name);
            let source = source(place, reader)?;
            named.then(|| Capture { name: name.into(), source })
        })
        .collect();
    captures.into_iter().collect()
}

/// `$.left`, `status`, `body`, `{ header: Location }`, `{ regex: "id=(\\d+)" }`
fn source(place: Place<'_>, reader: &mut Reader) -> Option<Source> {
    const EXAMPLE: &str = "`$.left`, `{ header: Location }` or `{ regex: \"id=(\\\\d+)\" }`";
    match &place.node.value {
        Value::Text(text) if text == "status" => Some(Source::Status),
        Value::Text(text) if text == "body" => Some(Source::Body),
        Value::Text(text) if !text.starts_with('$') => {
            let hint = reader.did_you_mean(text, ["status", "body"]);
            let hint = hint.unwrap_or_else(|| {
                format!("a JSONPath begins with `$`; what is captured is, for example, {EXAMPLE}")
            });
            reader.report(place.value(), format!("{} is no part of an answer", quoted(text)), hint);
            None
        }
        Value::Text(_) => path(&place, reader).map(Source::Json),
        Value::Map(_) => {
            let fields = Fields::of(place, EXAMPLE, reader)?;
            let unknown =
                fields.check_keys(keys::CAPTURE, |key| keys::elsewhere(key, keys::CAPTURE), reader);
            let mut given = keys::CAPTURE.iter().filter_map(|key| Some((*key, fields.get(key)?)));
            let (one, other) = (given.next(), given.next());
            if let (Some((first, _)), Some((second, place))) = (&one, other) {
                let message = format!("`{first}` and `{second}` exclude each other");
                reader.report(place.name(), message, "one name captures one part".to_owned());
                return None;
            }
            match one {
                Some(("header", place)) => {
                    values::text(&place, "`header: Location`", reader).map(Source::Header)
                }
                Some(("regex", place)) => {
                    let text = values::text(&place, "`regex: \"id=(\\\\d+)\"`", reader)?;
                    pattern(&text, &place, reader).map(Source::Match)
                }
                Some((_, place)) => path(&place, reader).map(Source::Json),
                None if unknown > 0 => None,
                None => {
                    reader.report(
                        fields.name(),
                        "nothing is captured",
                        format!("for example {EXAMPLE}"),
                    );
                    None
                }
            }
        }
        Value::Unreadable => None,
        _ => {
            wrong_type(&place, "a part of the answer", EXAMPLE, reader);
            None
        }
    }
}

/// `checks:`
pub(super) fn checks(place: Place<'_>, reader: &mut Reader) -> Option<Vec<CheckRule>> {
    const EXAMPLE: &str = "`checks: { \"left is not negative\": { jsonpath: $.left, \">=\": 0 } }`";
    let fields = Fields::of(place, EXAMPLE, reader)?;
    let checks: Vec<Option<CheckRule>> =
        fields.iter().map(|(name, place)| check(name, place, reader)).collect();
    checks.into_iter().collect()
}

fn check(name: &str, place: Place<'_>, reader: &mut Reader) -> Option<CheckRule> {
    let named = values::check_name(name, &place, reader);
    let name: Arc<str> = name.into();
    let short = !matches!(place.node.value, Value::Map(_) | Value::Unreadable);
    if short {
        let expected = read_place(place, reader)?;
        return named.then_some(CheckRule { name, expected, counts: false });
    }
    let fields = Fields::of(place, "`{ status: 200 }`", reader)?;
    let counts = fields.get("fail").map(|place| values::boolean(&place, reader));
    let expected: Option<Expected> = read_expected(&fields, keys::CHECK, reader);
    let (expected, counts) = (expected?, optional(counts)?.unwrap_or(false));
    named.then_some(CheckRule { name, expected, counts })
}

/// `resolve:`
pub(super) fn resolve(place: Place<'_>, reader: &mut Reader) -> Option<Resolve> {
    let fields = Fields::of(place, RESOLVE, reader)?;
    fields.check_keys(keys::RESOLVE, |key| keys::elsewhere(key, keys::RESOLVE), reader);
    let request = match fields.get("request") {
        Some(place) => request::read(place, reader),
        None => {
            if fields.lacks("request", keys::RESOLVE) {
                let hint = format!("for example {RESOLVE}");
                reader.report(fields.name(), "`resolve` has no `request`", hint);
            }
            None
        }
    };
    let applied = match fields.get("applied") {
        Some(place) => read_place(place, reader),
        None => {
            if fields.lacks("applied", keys::RESOLVE) {
                let message = "`resolve` does not say which answer means `applied`";
                reader.report(fields.name(), message, format!("for example {RESOLVE}"));
            }
            None
        }
    };
    let balance = fields.get("balance").map(|place| path(&place, reader));
    let to_balance = fields.get("to_balance").map(|place| path(&place, reader));
    Some(Resolve {
        request: request?,
        applied: applied?,
        balance: optional(balance)?,
        to_balance: optional(to_balance)?,
    })
}
