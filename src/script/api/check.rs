//! `check`, `group` and `fail`, as in k6.

use mlua::chunk::ChunkMode;
use mlua::{Function, Value};

use super::Maker;
use super::arguments::tags;
use super::expect::seen;
use super::maker::{Call, Refusal};
use crate::facts::Mismatch;
use crate::script::host::BETWEEN_GROUPS;

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let count = make.function("check", count)?;
    let threw = make.function("check", threw)?;
    let list = make.function("check", list)?;
    let enter = make.function("group", enter)?;
    let leave = make.function("group", leave)?;
    let (check, group): (Function, Function) = make
        .lua
        .load(include_str!("check.lua"))
        .set_name("=bankrun")
        .set_mode(ChunkMode::Text)
        .call((count, threw, list, enter, leave))?;
    let globals = make.lua.globals();
    globals.raw_set("check", check)?;
    globals.raw_set("group", group)?;
    globals.raw_set("fail", make.function("fail", fail)?)
}

/// The names in `checks`, sorted: they count in the same order every time.
fn list(mut call: Call) -> Result<Vec<String>, Refusal> {
    call.vu()?;
    call.arguments.value();
    let checks = call.arguments.table("the second argument")?;
    call.arguments.optional_table("the third argument")?;
    let mut names = Vec::new();
    for pair in checks.pairs::<Value, Value>() {
        match pair?.0 {
            Value::String(name) => names.push(name.to_string_lossy()),
            other => return Err(call.arguments.wrong("the name of a check", "a text", &other)),
        }
    }
    names.sort();
    Ok(names)
}

fn count(mut call: Call) -> Result<(), Refusal> {
    let name = call.arguments.text("the name of a check")?;
    let passed = matches!(call.arguments.value(), Value::Boolean(true));
    let value = call.arguments.value();
    let mismatch =
        (!passed).then(|| Mismatch { expected: name.clone(), actual: seen(&call.lua, &value) });
    counted(call, &name, mismatch)
}

fn threw(mut call: Call) -> Result<(), Refusal> {
    let name = call.arguments.text("the name of a check")?;
    let error = match call.arguments.value() {
        Value::String(text) => text.to_string_lossy(),
        other => format!("an error that is a {}", other.type_name()),
    };
    call.host.log_once(format!("check `{name}`: {error}"));
    let mismatch = Mismatch { expected: name.clone(), actual: error };
    counted(call, &name, Some(mismatch))
}

fn counted(mut call: Call, name: &str, mismatch: Option<Mismatch>) -> Result<(), Refusal> {
    let own = call.arguments.optional_table("tags")?.map_or(Ok(Vec::new()), |own| tags(&own));
    let own = own.map_err(|cause| call.arguments.refuse(cause))?;
    call.host.check(&*call.vu()?, name, own, mismatch);
    Ok(())
}

/// How many groups there are around it.
fn enter(mut call: Call) -> Result<usize, Refusal> {
    let name = call.arguments.text("name")?;
    let vu = call.vu()?;
    if name.contains(BETWEEN_GROUPS) {
        let cause = format!("`{name}` holds `{BETWEEN_GROUPS}`, which parts groups in groups");
        return Err(call.arguments.refuse(cause));
    }
    let depth = call.host.enter(&vu, &name);
    depth.ok_or_else(|| call.arguments.refuse("the names of groups in groups are too long"))
}

fn leave(mut call: Call) -> Result<(), Refusal> {
    let depth = call.arguments.integer("the depth")?;
    let vu = call.vu()?;
    call.host.leave(&vu, usize::try_from(depth).unwrap_or_default());
    Ok(())
}

fn fail(mut call: Call) -> Result<(), Refusal> {
    Err(Refusal::Message(match call.arguments.is_empty() {
        true => "fail()".into(),
        false => call.arguments.text("message")?,
    }))
}
