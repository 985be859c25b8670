//! What a script sees of an answer.

use std::time::Duration;

use hyper::header::HeaderValue;
use mlua::{Lua, Table, Value};

use super::Maker;
use super::bank::outcome;
use super::maker::{Call, Refusal};
use crate::engine::{Answer, Target, TransportError};
use crate::model::Outcome;
use crate::script::json;

/// Where a response keeps its methods.
const METHODS: &str = "bankrun.response";

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let methods = make.lua.create_table()?;
    methods.raw_set("json", make.function("res:json", read_json)?)?;
    methods.raw_set("header", make.function("res:header", header)?)?;
    let meta = make.lua.create_table()?;
    meta.raw_set("__index", methods)?;
    make.lua.set_named_registry_value(METHODS, meta)
}

/// Without an answer the status is 0, as in k6.
pub(in crate::script) fn response(
    lua: &Lua,
    url: &str,
    answer: Result<&Answer, &TransportError>,
    took: Duration,
    how: Outcome,
) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    let headers = lua.create_table()?;
    match answer {
        Ok(answer) => {
            table.raw_set("status", answer.status)?;
            table.raw_set("body", lua.create_string(&answer.body)?)?;
            for name in answer.headers.keys() {
                let values = answer.headers.get_all(name).iter().map(HeaderValue::as_bytes);
                let values: Vec<&[u8]> = values.collect();
                headers.raw_set(name.as_str(), lua.create_string(values.join(&b", "[..]))?)?;
            }
        }
        Err(error) => {
            table.raw_set("status", 0)?;
            table.raw_set("body", "")?;
            table.raw_set("error", error.to_string())?;
        }
    }
    table.raw_set("url", url)?;
    table.raw_set("headers", headers)?;
    table.raw_set("duration_ms", took.as_secs_f64() * 1000.0)?;
    table.raw_set("outcome", outcome(how))?;
    table.set_metatable(Some(lua.named_registry_value(METHODS)?))?;
    Ok(table)
}

/// The whole URL of a path on the wire.
pub(in crate::script) fn whole_url(target: &Target, path: &str) -> String {
    let target = target.to_string();
    let host = target.find("://").map_or(0, |end| end + 3);
    let end = target[host..].find('/').map_or(target.len(), |end| host + end);
    format!("{}{path}", &target[..end])
}

/// `res:json()` is the whole body, `res:json("a.b[0]")` a part of it; nil when
/// the body is no JSON or has no such part.
fn read_json(mut call: Call) -> Result<Value, Refusal> {
    let response = call.arguments.table("res (call it as res:json())")?;
    let path = match call.arguments.is_empty() {
        true => String::new(),
        false => call.arguments.text("path")?,
    };
    let Value::String(body) = response.raw_get("body")? else { return Ok(Value::Nil) };
    let json: Option<serde_json::Value> = serde_json::from_slice(&body.as_bytes()).ok();
    match json.as_ref().and_then(|json| json::at(json, &path)) {
        Some(found) => Ok(json::to_lua(&call.lua, found)?),
        None => Ok(Value::Nil),
    }
}

/// The header of this name, however it is written; nil when there is none.
fn header(mut call: Call) -> Result<Value, Refusal> {
    let response = call.arguments.table("res (call it as res:header(name))")?;
    let name = call.arguments.text("name")?.to_lowercase();
    let Value::Table(headers) = response.raw_get("headers")? else { return Ok(Value::Nil) };
    Ok(headers.raw_get(name)?)
}
