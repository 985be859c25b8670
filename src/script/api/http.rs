//! `http`: plain requests. They are counted, and not judged.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Uri};
use mlua::{Lua, LuaString, Table, Value};

use super::arguments::{shown, tags};
use super::batch::batch;
use super::known::Address;
use super::maker::{Call, Refusal};
use super::response::{response, whole_url};
use super::{Maker, body, response as answers};
use crate::engine::{Answer, PlainRequest, Target, TransportError, Vu};
use crate::facts::Tags;
use crate::model::{Outcome, parse_duration, without_credentials};

const OPTIONS: &str = "expected, form, headers, name, tags and timeout";

/// Functions that send one request: the method, and whether a body is given.
const SENDERS: &[(&str, Option<&str>, bool)] = &[
    ("get", Some("GET"), false),
    ("post", Some("POST"), true),
    ("put", Some("PUT"), true),
    ("patch", Some("PATCH"), true),
    ("delete", Some("DELETE"), true),
    ("head", Some("HEAD"), false),
    ("options", Some("OPTIONS"), true),
    ("request", None, true),
];

/// A request as it was asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) plain: PlainRequest,
    /// The whole URL.
    pub(super) url: String,
}

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let response = answers::install(make)?;
    let http = make.lua.create_table()?;
    for (name, method, has_body) in SENDERS {
        let function = make.waiting_to(&response, format!("http.{name}"), move |call| {
            send(call, *method, *has_body)
        })?;
        http.raw_set(*name, function)?;
    }
    http.raw_set("del", http.raw_get::<Value>("delete")?)?;
    http.raw_set("batch", make.waiting("http.batch", batch)?)?;
    make.lua.globals().raw_set("http", http)
}

async fn send(
    mut call: Call,
    method: Option<&'static str>,
    has_body: bool,
) -> Result<(LuaString, LuaString), Refusal> {
    let asked = request(&mut call, method, has_body)?;
    let (answer, took) = call.vu()?.request(asked.plain).await?;
    Ok(answers::told(&call.lua, &asked.url, answer.as_ref(), took, outcome_of(&answer))?)
}

pub(super) fn answered(
    lua: &Lua,
    url: &str,
    (answer, took): (Result<Answer, TransportError>, Duration),
) -> mlua::Result<Table> {
    response(lua, url, answer.as_ref(), took, outcome_of(&answer))
}

/// Takes the arguments of one request.
pub(super) fn request(
    call: &mut Call,
    method: Option<&'static str>,
    has_body: bool,
) -> Result<Asked, Refusal> {
    let method = match method {
        Some(method) => method.to_owned(),
        None => call.arguments.text("method")?.to_uppercase(),
    };
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| call.arguments.refuse(format!("`{method}` is not an HTTP method")))?;
    let to = (method, call.arguments.text("url")?);
    let vu = call.vu()?;
    let Address { uri, url, tags: plain_tags } = match call.host.known.find(&to) {
        Some(address) => address,
        None => {
            let address = address(&vu, &to).map_err(|cause| call.arguments.refuse(cause))?;
            call.host.known.keep(to.clone(), address.clone());
            address
        }
    };
    let given_body = if has_body { call.arguments.value() } else { Value::Nil };
    let options = call.arguments.optional_table("options")?;

    let mut request = Request::new(Bytes::new());
    let (mut timeout, mut expected, mut form) = (None, None, None);
    let (mut name_tag, mut own_tags) = (None, Vec::new());
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
            ("tags", Value::Table(table)) => {
                own_tags = tags(table).map_err(|cause| call.arguments.refuse(cause))?;
            }
            ("name", Value::String(text)) => name_tag = Some(text.to_string_lossy()),
            ("form", Value::Boolean(value)) => form = Some(*value),
            ("form", _) => return Err(call.arguments.wrong("form", "true or false", &value)),
            ("expected", _) => {
                expected = Some(statuses(&value).ok_or_else(|| {
                    call.arguments.wrong(
                        "expected",
                        "statuses, such as 404, {200, 404} or {min = 200, max = 399}",
                        &value,
                    )
                })?);
            }
            ("headers" | "tags", _) => return Err(call.arguments.wrong(&name, "a table", &value)),
            ("name", _) => return Err(call.arguments.wrong("name", "a text", &value)),
            _ => {
                let cause = format!("there is no option `{name}`; there are {OPTIONS}");
                return Err(call.arguments.refuse(cause));
            }
        }
    }
    let content_type = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_form = |value: &[u8]| value.to_ascii_lowercase().starts_with(body::FORM.as_bytes());
    let form = form.unwrap_or_else(|| content_type.is_some_and(is_form));
    let (bytes, content_type) =
        body::encode(&call.lua, &given_body, form).map_err(|cause| call.arguments.refuse(cause))?;
    if let Some(content_type) = content_type {
        let content_type = HeaderValue::from_static(content_type);
        request.headers_mut().entry(CONTENT_TYPE).or_insert(content_type);
    }
    let around = call.host.tags(&vu);
    let tags = match name_tag {
        None if own_tags.is_empty() && around == vu.seat.tags => plain_tags,
        name => standard_tags(&around, &to, name.as_deref()).with(own_tags),
    };
    *request.method_mut() = to.0;
    *request.uri_mut() = uri;
    *request.body_mut() = bytes;
    Ok(Asked { plain: PlainRequest { request, timeout, tags, expected }, url })
}

/// One status, a list of them, or a range from `min` to `max`.
fn statuses(value: &Value) -> Option<Vec<RangeInclusive<u16>>> {
    if let Some(range) = range(value) {
        return Some(vec![range]);
    }
    let ranges = value.as_table()?.sequence_values::<Value>();
    let ranges: Option<Vec<_>> = ranges.map(|entry| range(&entry.ok()?)).collect();
    ranges.filter(|ranges| !ranges.is_empty())
}

fn range(value: &Value) -> Option<RangeInclusive<u16>> {
    let status = |value: &Value| {
        value
            .as_integer()
            .and_then(|status| u16::try_from(status).ok())
            .filter(|status| *status < 1000)
    };
    if let Some(status) = status(value) {
        return Some(status..=status);
    }
    let table = value.as_table()?;
    let (min, max): (Value, Value) = (table.raw_get("min").ok()?, table.raw_get("max").ok()?);
    Some(status(&min)?..=status(&max)?)
}

fn address(vu: &Vu, to: &(Method, String)) -> Result<Address, String> {
    let target = vu.service().target();
    let uri = uri(target, &to.1)?;
    let url = whole_url(target, &uri.to_string());
    Ok(Address { uri, url, tags: standard_tags(&vu.seat.tags, to, None) })
}

/// A request that nobody named is called by its URL, without what is secret in it.
fn standard_tags(around: &Tags, (method, url): &(Method, String), name: Option<&str>) -> Tags {
    let url = || match url.contains(['@', '?']) {
        true => Cow::Owned(without_credentials(url)),
        false => Cow::Borrowed(url.as_str()),
    };
    let name = name.map_or_else(url, Cow::Borrowed);
    around.with([("method", method.as_str()), ("name", &name)])
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
            400..500 if answer.is_aftermath => Outcome::Unknown,
            400..500 => Outcome::Rejected,
            _ => Outcome::Unknown,
        },
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
