//! `log` and `print`.

use mlua::{Lua, Value};

use super::Maker;
use super::maker::{Call, Refusal};

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let log = make.lua.create_table()?;
    let info = make.function("log.info", |call| say(call, ""))?;
    log.raw_set("info", &info)?;
    log.raw_set("debug", make.function("log.debug", |call| say(call, "debug: "))?)?;
    log.raw_set("warn", make.function("log.warn", |call| say(call, "warning: "))?)?;
    log.raw_set("error", make.function("log.error", |call| say(call, "error: "))?)?;
    let globals = make.lua.globals();
    globals.raw_set("log", log)?;
    globals.raw_set("print", info)
}

fn say(mut call: Call, level: &str) -> Result<(), Refusal> {
    let mut line = level.to_owned();
    for (index, value) in call.arguments.rest().iter().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        line.push_str(&text(&call.lua, value)?);
    }
    call.host.log(line);
    Ok(())
}

/// A table shows what is in it, where JSON can.
fn text(lua: &Lua, value: &Value) -> mlua::Result<String> {
    if let Value::Table(table) = value
        && table.metatable().is_none()
        && let Ok(json) = crate::script::json::from_lua(lua, value)
    {
        return Ok(json.to_string());
    }
    value.to_string()
}
