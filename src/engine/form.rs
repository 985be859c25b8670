//! Requests that the scenario writes: what of them is the same every time, made
//! once, and the rest worked out in the scope of an iteration.

use std::fmt::Write;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Uri};
use percent_encoding::utf8_percent_encode;
use serde_json::Value as Json;

use super::http::UNSAFE;
use super::service::{SEGMENT, Service};
use crate::facts::Tags;
use crate::scenario::{BodyTemplate, Declared, RequestTemplate};
use crate::template::Scope;

/// For a body, so that most are written in one piece.
const ROOM: usize = 128;

/// What is the same each time that a request is sent.
#[derive(Clone, Debug)]
pub struct Form {
    pub(super) tags: Tags,
    method: Method,
    /// `None`: its path or its query has templates in it.
    uri: Option<Uri>,
    /// The same of its headers.
    headers: Option<HeaderMap>,
}

impl Form {
    /// Of an operation that the scenario declares; `tags` are those of the
    /// workload.
    pub(super) fn of_declared(
        service: &Service,
        operation: &Declared,
        tags: &Tags,
    ) -> Result<Self, String> {
        let tags = tags.with([("operation", operation.name.clone())]);
        let tags = match operation.tags.is_empty() {
            true => tags,
            false => tags.with(operation.tags.iter().cloned()),
        };
        Self::of(service, &operation.request, &tags)
    }

    /// Of any request; `tags` are all but that of its method.
    pub(super) fn of(
        service: &Service,
        request: &RequestTemplate,
        tags: &Tags,
    ) -> Result<Self, String> {
        let method = Method::from_bytes(request.method.as_bytes());
        let path = request.path.fixed().filter(|_| request.query.is_empty());
        let fixed = request.headers.iter().map(|(name, value)| Some((&**name, value.fixed()?)));
        Ok(Self {
            tags: tags.with([("method", request.method.clone())]),
            method: method.map_err(|error| error.to_string())?,
            uri: path.map(|path| whole_uri(service, encoded(path))).transpose()?,
            headers: fixed
                .collect::<Option<Vec<_>>>()
                .map(|all| headers(request, all))
                .transpose()?,
        })
    }

    /// The request in this scope. The error says what cannot be in one.
    pub(super) fn fill(
        &self,
        service: &Service,
        request: &RequestTemplate,
        scope: &Arc<Scope>,
    ) -> Result<Request<Bytes>, String> {
        let mut filled = Request::new(body(&request.body, scope)?);
        *filled.method_mut() = self.method.clone();
        *filled.uri_mut() = match &self.uri {
            Some(uri) => uri.clone(),
            None => uri(service, request, scope)?,
        };
        *filled.headers_mut() = match &self.headers {
            Some(headers) => headers.clone(),
            None => {
                let values = request.headers.iter();
                let values = values.map(|(name, value)| Ok((&**name, value.render(scope)?)));
                headers(request, values.collect::<Result<Vec<_>, String>>()?)?
            }
        };
        Ok(filled)
    }
}

fn headers<V: AsRef<str>>(
    request: &RequestTemplate,
    values: Vec<(&str, V)>,
) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::with_capacity(values.len() + 1);
    if let Some(content_type) = content_type(&request.body) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in values {
        let value = value.as_ref();
        let invalid = || format!("the header `{name}` cannot be {value:?}");
        let header = HeaderName::try_from(name).map_err(|_| invalid())?;
        headers.insert(header, HeaderValue::try_from(value).map_err(|_| invalid())?);
    }
    Ok(headers)
}

fn uri(service: &Service, request: &RequestTemplate, scope: &Arc<Scope>) -> Result<Uri, String> {
    let mut text = encoded(&request.path.render_with(scope, in_path)?);
    let mut separator = if text.contains('?') { '&' } else { '?' };
    for (name, value) in &request.query {
        for (name, value) in pairs(name, &value.render(scope)?) {
            // Into memory nothing fails to be written.
            let _ = write!(text, "{separator}{name}={value}");
            separator = '&';
        }
    }
    whole_uri(service, text)
}

/// What cannot stand in a URL, escaped.
fn encoded(path: &str) -> String {
    utf8_percent_encode(path, UNSAFE).to_string()
}

/// On the target, unless it is a whole URL.
fn whole_uri(service: &Service, text: String) -> Result<Uri, String> {
    let text = if text.starts_with('/') { service.target().path(&text) } else { text };
    Uri::try_from(&text).map_err(|_| format!("`{text}` is not a valid path"))
}

/// A value is one segment of a path, or one value of a query, whatever is in it;
/// but a value with which the URL begins is a part of a URL already.
fn in_path(before: &str, value: String) -> String {
    let path = before.split_once("://").map_or(before, |(_, rest)| rest);
    match path.contains('/') {
        true => utf8_percent_encode(&value, SEGMENT).to_string(),
        false => value,
    }
}

fn content_type(body: &BodyTemplate) -> Option<&'static str> {
    match body {
        BodyTemplate::None => None,
        BodyTemplate::Json(_) => Some("application/json"),
        BodyTemplate::Form(_) => Some("application/x-www-form-urlencoded"),
        BodyTemplate::Text(_) => Some("text/plain; charset=utf-8"),
    }
}

fn body(body: &BodyTemplate, scope: &Arc<Scope>) -> Result<Bytes, String> {
    Ok(match body {
        BodyTemplate::None => Bytes::new(),
        BodyTemplate::Json(json) => {
            let mut text = Vec::with_capacity(ROOM);
            json.write(scope, &mut text)?;
            text.into()
        }
        BodyTemplate::Form(fields) => {
            let mut form = Vec::new();
            for (name, value) in fields {
                let pairs = pairs(name, &value.render(scope)?);
                form.extend(pairs.into_iter().map(|(name, value)| format!("{name}={value}")));
            }
            form.join("&").into()
        }
        BodyTemplate::Text(text) => text.render(scope)?.into(),
    })
}

/// A list is written as several fields of one name.
fn pairs(name: &str, value: &Json) -> Vec<(String, String)> {
    let encoded = |text: &str| utf8_percent_encode(text, SEGMENT).to_string();
    let written = |value: &Json| match value {
        Json::String(text) => encoded(text),
        Json::Null => String::new(),
        other => encoded(&other.to_string()),
    };
    match value {
        Json::Array(items) => items.iter().map(|item| (encoded(name), written(item))).collect(),
        one => vec![(encoded(name), written(one))],
    }
}
