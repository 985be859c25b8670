//! `http`: plain requests. They are counted, and not judged.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Uri};
use mlua::{Lua, Table, Value};

use super::Maker;
use super::arguments::shown;
use super::bank::outcome;
use super::maker::{Call, Refusal};
use crate::engine::{Answer, Target, TransportError};
use crate::model::{Outcome, parse_duration, without_credentials};
use crate::script::json;

const OPTIONS: &str = "headers, name, tags and timeout";

/// Where a response keeps its way to read JSON.
const METHODS: &str = "bankrun.response";

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let methods = make.lua.create_table()?;
    methods.raw_set("json", make.function("res:json", read_json)?)?;
    let meta = make.lua.create_table()?;
    meta.raw_set("__index", methods)?;
    make.lua.set_named_registry_value(METHODS, meta)?;

    let http = make.lua.create_table()?;
    http.raw_set("get", make.waiting("http.get", |call| send(call, Some("GET"), false))?)?;
    http.raw_set("post", make.waiting("http.post", |call| send(call, Some("POST"), true))?)?;
    http.raw_set("put", make.waiting("http.put", |call| send(call, Some("PUT"), true))?)?;
    http.raw_set("patch", make.waiting("http.patch", |call| send(call, Some("PATCH"), true))?)?;
    http.raw_set("delete", make.waiting("http.delete", |call| send(call, Some("DELETE"), true))?)?;
    http.raw_set("request", make.waiting("http.request", |call| send(call, None, true))?)?;
    make.lua.globals().raw_set("http", http)
}

async fn send(
    mut call: Call,
    method: Option<&'static str>,
    has_body: bool,
) -> Result<Table, Refusal> {
    let (request, timeout) = request(&mut call, method, has_body)?;
    let vu = call.vu()?;
    let (answer, took) = vu.request(request, timeout).await?;
    let outcome = outcome_of(&answer);
    Ok(response(&call.lua, answer.as_ref(), took, outcome)?)
}

fn request(
    call: &mut Call,
    method: Option<&'static str>,
    has_body: bool,
) -> Result<(Request<Full<Bytes>>, Option<Duration>), Refusal> {
    let method = match method {
        Some(method) => method.to_owned(),
        None => call.arguments.text("method")?.to_uppercase(),
    };
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| call.arguments.refuse(format!("`{method}` is not an HTTP method")))?;
    let url = call.arguments.text("url")?;
    let uri =
        uri(call.vu()?.service().target(), &url).map_err(|cause| call.arguments.refuse(cause))?;
    let (body, is_json) = if has_body { body(call)? } else { (Bytes::new(), false) };
    let options = call.arguments.optional_table("options")?;

    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    let mut timeout = None;
    for pair in options.iter().flat_map(Table::pairs::<Value, Value>) {
        let (name, value) = pair?;
        let name = name.as_string().map(|name| name.to_string_lossy()).unwrap_or_default();
        match (name.as_str(), &value) {
            ("headers", Value::Table(table)) => {
                *request.headers_mut() =
                    header_map(table).map_err(|cause| call.arguments.refuse(cause))?;
            }
            ("timeout", Value::String(text)) => {
                let text = text.to_string_lossy();
                let length = parse_duration(&text).filter(|length| !length.is_zero());
                timeout = Some(length.ok_or_else(|| {
                    call.arguments.wrong("timeout", "a length of time such as \"5s\"", &value)
                })?);
            }
            ("timeout", _) => {
                return Err(call.arguments.wrong(
                    "timeout",
                    "a length of time such as \"5s\"",
                    &value,
                ));
            }
            ("tags", Value::Table(_)) | ("name", Value::String(_)) => {}
            ("headers" | "tags", _) => return Err(call.arguments.wrong(&name, "a table", &value)),
            ("name", _) => return Err(call.arguments.wrong("name", "a text", &value)),
            _ => {
                let cause = format!("there is no option `{name}`; there are {OPTIONS}");
                return Err(call.arguments.refuse(cause));
            }
        }
    }
    if is_json {
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().entry(CONTENT_TYPE).or_insert(json);
    }
    Ok((request, timeout))
}

/// A text is sent as it is, a table as JSON.
fn body(call: &mut Call) -> Result<(Bytes, bool), Refusal> {
    match call.arguments.value() {
        Value::Nil => Ok((Bytes::new(), false)),
        Value::String(text) => Ok((Bytes::copy_from_slice(&text.as_bytes()), false)),
        value @ Value::Table(_) => {
            let json = json::from_lua(&call.lua, &value)
                .map_err(|cause| call.arguments.refuse(format!("the body {cause}")))?;
            Ok((json.to_string().into(), true))
        }
        value => Err(call.arguments.wrong("body", "a text or a table", &value)),
    }
}

/// Where a request goes: a path of the target, or any http or https URL.
fn uri(target: &Target, url: &str) -> Result<Uri, String> {
    let invalid = || format!("`{}` is not a valid URL", without_credentials(url));
    if url.starts_with('/') || !url.contains("://") {
        let path =
            if url.starts_with('/') { target.path(url) } else { target.path(&format!("/{url}")) };
        return Uri::try_from(path).map_err(|_| invalid());
    }
    let uri: Uri = url.parse().map_err(|_| invalid())?;
    match uri.scheme_str() {
        Some("http" | "https") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        Some("http" | "https") => Err(invalid()),
        _ => Err(format!("`{}` is no http or https URL", without_credentials(url))),
    }
}

/// Names and values as texts; numbers are welcome as values.
pub(in crate::script) fn headers(table: &Table) -> Result<BTreeMap<String, String>, String> {
    let mut headers = BTreeMap::new();
    for pair in table.pairs::<Value, Value>() {
        let (name, value) = pair.map_err(|error| error.to_string())?;
        let Value::String(name) = name else {
            return Err(format!("a header is named by a text, not {}", shown(&name)));
        };
        let name = name.to_string_lossy();
        let value = match &value {
            Value::String(text) => text.to_string_lossy(),
            Value::Integer(_) | Value::Number(_) | Value::Boolean(_) => shown(&value),
            other => return Err(format!("the header `{name}` is a text, not {}", shown(other))),
        };
        headers.insert(name, value);
    }
    Ok(headers)
}

fn header_map(table: &Table) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers(table)? {
        let invalid = || format!("the header `{name}: {value}` is not valid");
        let header = HeaderName::try_from(&name).map_err(|_| invalid())?;
        map.append(header, HeaderValue::try_from(&value).map_err(|_| invalid())?);
    }
    Ok(map)
}

/// By the status alone, as for any service.
fn outcome_of(answer: &Result<Answer, TransportError>) -> Outcome {
    match answer {
        Err(TransportError::NotSent(_)) => Outcome::Failed,
        Err(TransportError::NoAnswer(_)) => Outcome::Unknown,
        Ok(answer) => match answer.status {
            0..400 => Outcome::Ok,
            408 => Outcome::Unknown,
            400..500 => Outcome::Rejected,
            _ => Outcome::Unknown,
        },
    }
}

/// What a script sees of an answer. Without one the status is 0, as in k6.
pub(in crate::script) fn response(
    lua: &Lua,
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
    table.raw_set("headers", headers)?;
    table.raw_set("duration_ms", took.as_secs_f64() * 1000.0)?;
    table.raw_set("outcome", outcome(how))?;
    table.set_metatable(Some(lua.named_registry_value(METHODS)?))?;
    Ok(table)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_the_target_and_urls_where_they_say() {
        let target: Target = "http://localhost:3000/api".parse().expect("a target");
        let path = |url| uri(&target, url).map(|uri| uri.to_string());
        assert_eq!(path("/balance/1"), Ok("/api/balance/1".into()));
        assert_eq!(path("balance/1?x=2"), Ok("/api/balance/1?x=2".into()));
        assert_eq!(path("/login?next=http://x/"), Ok("/api/login?next=http://x/".into()));
        for url in ["http://localhost:3000/api/x", "https://other.example/", "http://other/x?y"] {
            assert_eq!(path(url), Ok(url.into()));
        }
        assert_eq!(path("/a b"), Err("`/a b` is not a valid URL".into()));
        assert_eq!(
            path("ftp://me:secret@x/"),
            Err("`ftp://***@x/` is no http or https URL".into())
        );
        let broken = path("http://me:secret@x y/").expect_err("no URL");
        assert_eq!(broken, "`http://***@x y/` is not a valid URL");
    }
}
