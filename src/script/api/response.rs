//! What a script sees of an answer.

use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::HeaderValue;
use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, LuaString, Table, Value};

use super::Maker;
use super::bank::outcome;
use super::maker::{Call, Refusal};
use crate::engine::{Answer, Target, TransportError};
use crate::model::Outcome;
use crate::script::json;

/// Where the function is that makes a response.
const MAKER: &str = "bankrun.response";

/// Returns what makes a response of what [`told`] tells.
pub(super) fn install(make: &Maker<'_>) -> mlua::Result<Function> {
    let methods = make.lua.create_table()?;
    methods.raw_set("json", make.function("res:json", read_json)?)?;
    methods.raw_set("header", make.function("res:header", header)?)?;
    let modules: Table = make.lua.named_registry_value("_LOADED")?;
    let text: Table = modules.raw_get("string")?;
    let maker: Function = make
        .lua
        .load(include_str!("response.lua"))
        .set_name("=bankrun")
        .set_mode(ChunkMode::Text)
        .call((methods, text.raw_get::<Function>("unpack")?))?;
    make.lua.set_named_registry_value(MAKER, &maker)?;
    Ok(maker)
}

pub(in crate::script) fn response(
    lua: &Lua,
    url: &str,
    answer: Result<&Answer, &TransportError>,
    took: Duration,
    how: Outcome,
) -> mlua::Result<Table> {
    let maker: Function = lua.named_registry_value(MAKER)?;
    maker.call(told(lua, url, answer, took, how)?)
}

/// What a response is made of: all but the body, packed as `response.lua` takes it
/// apart, and the body. Without an answer the status is 0, as in k6.
pub(super) fn told(
    lua: &Lua,
    url: &str,
    answer: Result<&Answer, &TransportError>,
    took: Duration,
    how: Outcome,
) -> mlua::Result<(LuaString, LuaString)> {
    let (status, body, problem) = match answer {
        Ok(answer) => (answer.status, &answer.body[..], String::new()),
        Err(error) => (0, &b""[..], error.to_string()),
    };
    let mut told = Vec::with_capacity(256);
    told.extend_from_slice(&status.to_le_bytes());
    told.extend_from_slice(&(took.as_secs_f64() * 1000.0).to_le_bytes());
    let how = outcome(how);
    told.push(how.len() as u8);
    told.extend_from_slice(how.as_bytes());
    put(&mut told, url.as_bytes());
    put(&mut told, problem.as_bytes());
    if let Ok(answer) = answer {
        put_headers(&mut told, &answer.headers);
    }
    Ok((lua.create_string(told)?, lua.create_string(body)?))
}

/// Each name once, with all its values.
fn put_headers(told: &mut Vec<u8>, headers: &HeaderMap) {
    for name in headers.keys() {
        put(told, name.as_str().as_bytes());
        let values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
        put(told, &values.collect::<Vec<_>>().join(&b", "[..]));
    }
}

/// With its length before it.
fn put(told: &mut Vec<u8>, text: &[u8]) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    told.extend_from_slice(&length.to_le_bytes());
    told.extend_from_slice(&text[..length as usize]);
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
