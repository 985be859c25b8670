//! `operation`: what the scenario file beside the script declares, one function
//! for each. Calls are recorded and judged like the file's own.

use std::collections::BTreeSet;
use std::sync::Arc;

use mlua::{Table, Value};

use super::Maker;
use super::bank::{Done, refuse_in_verify, result};
use super::maker::{Call, Refusal};
use crate::engine::Cut;
use crate::scenario::Declared;
use crate::script::json;
use crate::template::{self, Scope, from_json};

type Arguments = Vec<(Arc<str>, template::Value)>;

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let table = make.lua.create_table()?;
    for declared in &make.host.course.operations {
        let declared = declared.clone();
        let name = declared.name.clone();
        let function =
            make.waiting(format!("operation.{name}"), move |call| operate(call, declared.clone()))?;
        table.raw_set(&*name, function)?;
    }
    let meta = make.lua.create_table()?;
    if make.host.is_nobody() {
        // Which file will stand beside the script is not known yet.
        let any = make.function("operation", |call| call.vu().map(drop))?;
        meta.raw_set("__index", make.lua.create_function(move |_, ()| Ok(any.clone()))?)?;
    } else {
        meta.raw_set("__index", make.function("operation", unknown)?)?;
    }
    meta.raw_set("__metatable", false)?;
    table.set_metatable(Some(meta))?;
    make.lua.globals().raw_set("operation", table)
}

/// An operation that no file declares.
fn unknown(mut call: Call) -> Result<(), Refusal> {
    call.arguments.value();
    let name = call.arguments.text("the name of an operation")?;
    let names = call.host.course.operations.iter().map(|declared| &*declared.name);
    let cause = match listed(names) {
        Some(names) => format!("the scenario file declares no `{name}`; it declares {names}"),
        None => format!(
            "there is no `{name}`: `operations` of a scenario file beside the script declares them"
        ),
    };
    Err(call.arguments.refuse(cause))
}

async fn operate(mut call: Call, declared: Arc<Declared>) -> Result<Table, Refusal> {
    let given = call.arguments.optional_table("the argument")?;
    if !call.arguments.is_empty() {
        let example = format!("takes one table, as in {{{} = ...}}", example(&declared));
        return Err(call.arguments.refuse(example));
    }
    let vu = call.vu()?;
    refuse_in_verify(&call)?;
    let missing_file = || call.arguments.refuse("there is no scenario file beside the script");
    let scope = call.host.scope(&vu).ok_or_else(missing_file)?;
    let arguments = arguments(&call, given)?;
    check(&declared, &arguments, &scope).map_err(|cause| call.arguments.refuse(cause))?;
    let tags = call.host.tags(&vu);
    let called = vu.call(&declared, arguments, &scope, &tags).await.map_err(|cut| match cut {
        Cut::Stopped => Refusal::Stopped,
        Cut::Error(error) => Refusal::Message(format!("operation.{error}")),
    })?;
    let done = Done {
        outcome: called.outcome,
        balance: called.balance,
        to_balance: called.to_balance,
        status: called.status,
        error: called.error.as_deref(),
        took: called.took,
    };
    let table = result(&call.lua, done)?;
    let captured = call.lua.create_table()?;
    for (name, value) in called.captured {
        let value = serde_json::to_value(&value).unwrap_or_default();
        captured.raw_set(&*name, json::to_lua(&call.lua, &value)?)?;
    }
    table.raw_set("captured", captured)?;
    Ok(table)
}

fn arguments(call: &Call, given: Option<Table>) -> Result<Arguments, Refusal> {
    let mut arguments = Vec::new();
    for pair in given.iter().flat_map(Table::pairs::<Value, Value>) {
        let (name, value) = pair?;
        let Value::String(text) = &name else {
            return Err(call.arguments.wrong("the name of an argument", "a text", &name));
        };
        let name: Arc<str> = text.to_string_lossy().into();
        let value = json::from_lua(&call.lua, &value)
            .map_err(|cause| call.arguments.refuse(format!("`{name}` {cause}")))?;
        arguments.push((name, from_json(value)));
    }
    arguments.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(arguments)
}

/// Whether all is given that the operation needs, and nothing else.
fn check(declared: &Declared, given: &Arguments, scope: &Arc<Scope>) -> Result<(), String> {
    let taken = parameters(declared);
    let is_given = |name: &str| given.iter().any(|(given, _)| **given == *name);
    let missing = taken.iter().filter(|name| !is_given(name) && !scope.knows(name));
    let superfluous = given.iter().map(|(name, _)| &**name).filter(|name| !taken.contains(*name));
    let needs = listed(missing.map(String::as_str)).map(|names| format!("needs {names}"));
    let not = listed(superfluous).map(|names| format!("takes no {names}"));
    let takes = match listed(taken.iter().map(String::as_str)) {
        Some(names) => format!("it takes {names}"),
        None => "it takes nothing".to_owned(),
    };
    match (needs, not) {
        (None, None) => Ok(()),
        (Some(needs), None) => Err(needs),
        (None, Some(not)) => Err(format!("{not}; {takes}")),
        (Some(needs), Some(not)) => Err(format!("{needs}, and {not}")),
    }
}

/// What its templates name, but for the key, which is new for each call.
fn parameters(declared: &Declared) -> BTreeSet<String> {
    let mut names = declared.variables();
    names.remove(Declared::KEY);
    names
}

fn example(declared: &Declared) -> String {
    parameters(declared).pop_first().unwrap_or_default()
}

/// `` `a`, `b` and `c` ``
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let last = names.pop()?;
    Some(match names.is_empty() {
        true => last,
        false => format!("{} and {last}", names.join(", ")),
    })
}
