use std::path::PathBuf;
use std::time::Duration;

use crate::model::AccountId;

use super::executor;
use super::expect::{self, Balances};
use super::fields::Fields;
use super::foresight;
use super::position::Spot;
use super::reader::{Dialect, Place, Reader};
use super::service::{self, Reset, optional};
use super::thresholds::{self, Known, Threshold};
use super::tree::{Node, Value};
use super::types::{Body, Scenario, Workload};
use super::wording::quoted;
use super::workloads::{self, DEFAULT_FUNCTION, Placed};
use super::{extras, faults, http, keys, values, variables};
use crate::model::{Scale, without_values};

const TIMEOUT: Duration = Duration::from_secs(10);

/// A whole document. Whatever it returns, the reader's problems say whether it
/// may be used. `fallback` is the name of a scenario that names itself nothing.
pub(super) fn read(node: &Node, fallback: &str, reader: &mut Reader) -> Option<Scenario> {
    let label = if reader.is_script() { "options" } else { "a scenario" };
    let fields = Fields::of(Place::root(node, label), "`scenarios: { ... }`", reader)?;
    let valid = if reader.is_script() { keys::OPTIONS } else { keys::FILE };
    fields.check_keys(valid, |key| keys::elsewhere(key, keys::FILE), reader);

    let name = fields.get("name").map(|place| values::name(&place, "`name: my scenario`", reader));
    let seed = fields
        .get("seed")
        .and_then(|place| values::whole(&place, 0..=u64::MAX.into(), reader))
        .map(|seed| seed as u64);
    if let Some(place) = fields.get("scale") {
        reader.scale = scale(&place, reader).unwrap_or_default();
    }
    let target = fields.get("target").and_then(|place| target(&place, reader));
    let timeout = fields.get("timeout").map(|place| values::time_limit(&place, reader));
    let settle = fields.get("settle").map(|place| values::time_limit(&place, reader));
    let http = fields.get("http").map(|place| http::read(place, reader));
    let lua = fields.get("lua");
    let has_script = lua.is_some();
    let lua = lua.and_then(|place| script(&place, reader));

    let variables = fields.get("variables").map(|place| variables::read(place, reader));
    let data = fields.get("data").map(|place| extras::data(place, reader));
    let operations = fields.get("operations").map(|place| service::read_all(place, reader));
    let operations = optional(operations).flatten().unwrap_or_default();
    operations.iter().for_each(|declared| reader.captures(declared));
    reader.declared.clone_from(&operations);
    let reset = fields.get("reset").map(|place| service::reset_books(place, reader));
    let read = fields.get("read").map(|place| service::read_books(place, reader));
    let watched = fields.get("accounts").and_then(|place| watched(&place, reader));
    let is_watched = watched.is_some();
    let watched = watched.flatten();
    let accounts = match is_watched {
        true => None,
        false => fields.get("accounts").map(|place| accounts(place, reader)),
    };
    if let (Some(Some(Reset::Requests(steps))), Some(place), None | Some(None)) =
        (&reset, fields.get("reset"), &accounts)
        && steps.iter().any(|step| step.each)
        && (is_watched || !fields.has("accounts"))
    {
        let message = "`reset` is sent for each account, but no balances are stated";
        let hint = "for example `accounts: { jazz: 150, opera: 100 }`".to_owned();
        reader.report(place.name(), message, hint);
    }
    let setup = fields.get("setup").map(|place| extras::steps(&place, reader));
    let teardown = fields.get("teardown").map(|place| extras::steps(&place, reader));
    let invariants = fields.get("invariants").map(|place| extras::invariants(place, reader));
    let workloads = workloads_of(&fields, has_script, reader);
    let faults_at = fields.get("faults");
    let faults = faults_at.as_ref().map(|place| faults::read(place, reader));
    let expect = fields.get("expect").map(|place| expect::read(place, reader));
    let thresholds = thresholds_of(&fields, workloads.as_deref(), has_script, reader);
    if let (Some(place), true) = (fields.get("scale"), reader.scale != Scale::WHOLE)
        && (reset.is_none() || read.is_none())
    {
        let hint = "say how the service is reset and read (`reset`, `read`)".to_owned();
        let message = "bankrun's own bank counts whole numbers, and `scale` is for others";
        reader.report(place.name(), message, hint);
    }
    if let Some(Some(rule)) = &read {
        foresight::check_looks(rule, reader);
    }
    if let Some(Some(accounts)) = &accounts {
        foresight::check_accounts(accounts, reader);
    }
    let faults = match (optional(faults).flatten(), &workloads) {
        (Some(faults), Some(placed)) => {
            let workloads = placed.iter().map(|placed| &placed.workload).collect();
            faults::check(faults, fields.get("target").as_ref(), workloads, reader)
        }
        _ => Vec::new(),
    };
    let variables = optional(variables).flatten().unwrap_or_default();
    let data = optional(data).flatten().unwrap_or_default();
    variables::check_needed(&variables, &data, reader);
    if reader.has_errors() {
        return None;
    }
    let accounts = accounts.flatten();
    let mut expect = expect.flatten().unwrap_or_default();
    if let Some(accounts) = &accounts {
        expect.minimum.clone_from(&accounts.minimum);
    }
    let workloads = workloads?;
    foresight::look_ahead(&fields, accounts.as_ref(), &workloads, &expect, reader);
    Some(Scenario {
        name: name.flatten().unwrap_or_else(|| fallback.to_owned()),
        seed,
        scale: reader.scale,
        target,
        timeout: timeout.flatten().unwrap_or(TIMEOUT),
        settle: settle.flatten(),
        http: http.flatten().unwrap_or_default(),
        accounts: accounts.map(|accounts| accounts.amounts),
        workloads: workloads.into_iter().map(|placed| placed.workload).collect(),
        expect,
        thresholds,
        lua,
        operations,
        reset: optional(reset)?.unwrap_or_default(),
        read: optional(read)?,
        watched: watched.unwrap_or_default(),
        setup: optional(setup)?.unwrap_or_default(),
        teardown: optional(teardown)?.unwrap_or_default(),
        data,
        variables,
        invariants: optional(invariants)?.unwrap_or_default(),
        faults,
    })
}

/// `accounts: [a, b]`: watched as they are found, with `reset: none`. The outer
/// `None`: they are no list. The inner: one of them is no account.
fn watched(place: &Place<'_>, reader: &mut Reader) -> Option<Option<Vec<AccountId>>> {
    let Value::List(items) = &place.node.value else { return None };
    // To a script `{1000, 500}` is a table by number.
    if reader.is_script() {
        return None;
    }
    if items.is_empty() {
        let hint = "name the accounts, or remove it".to_owned();
        reader.report(place.name(), "`accounts` is empty", hint);
    }
    let accounts: Vec<Option<AccountId>> = (0..)
        .zip(items)
        .map(|(index, node)| values::account(&place.item(index, node), reader))
        .collect();
    Some(accounts.into_iter().collect())
}

/// `scale: 2`
fn scale(place: &Place<'_>, reader: &mut Reader) -> Option<Scale> {
    let digits = values::whole(place, 0..=Scale::MOST.into(), reader)?;
    Scale::new(u8::try_from(digits).ok()?)
}

fn accounts<'a>(place: Place<'a>, reader: &mut Reader) -> Option<Balances<'a>> {
    let name = place.name();
    let accounts = expect::balances(place, true, reader)?;
    if accounts.places.is_empty() {
        let hint = "name the accounts with their balances, or remove it".to_owned();
        reader.report(name, "`accounts` is empty", hint);
        return None;
    }
    Some(accounts)
}

fn workloads_of(fields: &Fields<'_>, has_script: bool, reader: &mut Reader) -> Option<Vec<Placed>> {
    let place = fields.get("scenarios");
    if !reader.is_script() {
        let Some(place) = place else {
            if !fields.lacks("scenarios", keys::FILE) {
                return None;
            }
            let hint = "it says what to do; `bankrun new FILE` writes an example".to_owned();
            reader.report(fields.name(), "there are no `scenarios`", hint);
            return None;
        };
        return workloads::read(place, has_script, reader);
    }
    let shortcuts = executor::SHORTCUTS.iter().find_map(|key| fields.get(key));
    match (place.filter(|place| !is_empty(place.node)), shortcuts) {
        (Some(place), None) => workloads::read(place, true, reader),
        (Some(place), Some(shortcut)) => {
            let message = format!("`{}` and `scenarios` exclude each other", shortcut.label);
            let hint = format!("put `{}` into the scenarios it is meant for", shortcut.label);
            reader.report(shortcut.name(), message, hint);
            workloads::read(place, true, reader);
            None
        }
        (None, _) => {
            let workload = Workload {
                retry: None,
                tags: Vec::new(),
                name: "default".into(),
                executor: executor::from_shortcuts(fields, reader)?,
                start_time: Duration::ZERO,
                graceful_stop: executor::GRACEFUL_STOP,
                body: Body::Function(DEFAULT_FUNCTION.into()),
            };
            Some(vec![Placed { workload, spots: Vec::new() }])
        }
    }
}

fn thresholds_of(
    fields: &Fields<'_>,
    workloads: Option<&[Placed]>,
    has_script: bool,
    reader: &mut Reader,
) -> Vec<Threshold> {
    let Some(place) = fields.get("thresholds") else { return Vec::new() };
    let names: Option<Vec<&str>> =
        workloads.map(|placed| placed.iter().map(|placed| placed.workload.name.as_str()).collect());
    let has_script = has_script || reader.is_script();
    let known = Known { workloads: names.as_deref(), has_script };
    thresholds::read(place, known, reader)
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Map(entries) => entries.is_empty(),
        Value::List(items) => items.is_empty(),
        _ => false,
    }
}

fn target(place: &Place<'_>, reader: &mut Reader) -> Option<String> {
    const EXAMPLE: &str = "`http://localhost:3000`";
    let text = values::text(place, EXAMPLE, reader)?;
    let uri = text.parse::<hyper::Uri>().ok();
    let fault = match &uri {
        _ if !text.contains("://") => "is no URL",
        Some(uri) if !matches!(uri.scheme_str(), Some("http" | "https")) => {
            "is neither an http nor an https URL"
        }
        Some(uri) if uri.host().is_none_or(str::is_empty) => "names no host",
        Some(uri) if uri.query().is_some() => "has a query",
        Some(_) if text.contains('#') => "has a fragment",
        Some(_) => return Some(text),
        None => "is no URL",
    };
    // Not shown where it carries a password.
    let shown = without_values(&text);
    let spot = if shown == text { place.value() } else { Spot { span: None, ..place.value() } };
    reader.report(
        spot,
        format!("the target {} {fault}", quoted(&shown)),
        format!("for example {EXAMPLE}"),
    );
    None
}

fn script(place: &Place<'_>, reader: &mut Reader) -> Option<PathBuf> {
    let file = values::text(place, "`lua: hooks.lua`", reader)?;
    match reader.dialect {
        Dialect::File => Some(reader.folder(place).join(file)),
        Dialect::Script => None,
    }
}
