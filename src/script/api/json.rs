//! `json`: encode and decode.

use mlua::{LuaSerdeExt, Value};

use super::Maker;
use super::maker::{Call, Refusal};
use crate::script::json;

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let table = make.lua.create_table()?;
    table.raw_set("encode", make.function("json.encode", encode)?)?;
    table.raw_set("decode", make.function("json.decode", decode)?)?;
    table.raw_set("null", make.lua.null())?;
    make.lua.globals().raw_set("json", table)
}

fn encode(mut call: Call) -> Result<String, Refusal> {
    let value = call.arguments.value();
    match json::from_lua(&call.lua, &value) {
        Ok(json) => Ok(json.to_string()),
        Err(cause) => Err(call.arguments.refuse(format!("the value {cause}"))),
    }
}

fn decode(mut call: Call) -> Result<Value, Refusal> {
    let text = call.arguments.text("text")?;
    match serde_json::from_str(&text) {
        Ok(json) => Ok(json::to_lua(&call.lua, &json)?),
        Err(error) => Err(call.arguments.refuse(error.to_string())),
    }
}
