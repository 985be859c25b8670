//! `check`, `group` and `fail`, as in k6.

use mlua::chunk::ChunkMode;
use mlua::{Function, Value};

use super::Maker;
use super::maker::{Call, Refusal};

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let count = make.function("check", count)?;
    let threw = make.function("check", threw)?;
    let list = make.function("check", list)?;
    let (check, group): (Function, Function) = make
        .lua
        .load(include_str!("check.lua"))
        .set_name("=bankrun")
        .set_mode(ChunkMode::Text)
        .call((count, threw, list))?;
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
    call.vu()?.check(&name, passed);
    Ok(())
}

fn threw(mut call: Call) -> Result<(), Refusal> {
    let name = call.arguments.text("the name of a check")?;
    let error = match call.arguments.value() {
        Value::String(text) => text.to_string_lossy(),
        other => format!("an error that is a {}", other.type_name()),
    };
    call.host.log_once(format!("check `{name}`: {error}"));
    Ok(())
}

fn fail(mut call: Call) -> Result<(), Refusal> {
    Err(Refusal::Message(match call.arguments.is_empty() {
        true => "fail()".into(),
        false => call.arguments.text("message")?,
    }))
}
