//! Answers, held against the server's own OpenAPI document.

use std::net::SocketAddr;

use hyper::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::http::{Answer, exchange, request};

/// The first server that is asked speaks for all: they differ in their limits.
static DOCUMENT: OnceCell<Value> = OnceCell::const_new();

/// Panics where the document knows no such answer.
pub(super) async fn check(addr: SocketAddr, method: &Method, path: &str, answer: &Answer) {
    let fetch = async || {
        let answer = exchange(addr, request("GET", "/openapi.json", None, "")).await;
        if answer.status == StatusCode::OK { Ok(answer.json()) } else { Err(answer) }
    };
    // A server without a free place has none for this question either.
    let Ok(document) = DOCUMENT.get_or_try_init(fetch).await else { return };
    let described = response(document, method, path, answer.status);
    let case = format!("{method} {path} was answered {answer:?}");
    let described = described.unwrap_or_else(|| panic!("{case}, which /openapi.json has not"));

    for (name, header) in described["headers"].as_object().into_iter().flatten() {
        let given = answer.headers.contains_key(name);
        assert!(given || header["required"] != true, "{case}, without {name}");
    }
    let Some(content) = described["content"].as_object() else {
        assert!(method == Method::HEAD && answer.body.is_empty(), "{case}");
        return;
    };
    let given = answer.headers["content-type"].to_str().expect("text");
    let essence = given.split(';').next().unwrap_or_default();
    let content = content.get(essence).unwrap_or_else(|| panic!("{case}, as {essence}"));
    if method == Method::HEAD || essence != "application/json" {
        return;
    }
    let mut schema = content["schema"].clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<String> =
        validator.iter_errors(&answer.json()).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{case}: {faults:?}");
}

/// What is said about this status.
fn response<'d>(
    document: &'d Value,
    method: &Method,
    path: &str,
    status: u16,
) -> Option<&'d Value> {
    let paths = document["paths"].as_object().expect("paths");
    let general = &document["components"]["responses"];
    match paths.iter().find(|(template, _)| is_of(path, template)) {
        None => (status == 404).then(|| &general["NotFound"]),
        Some((_, item)) => match item.get(method.as_str().to_lowercase()) {
            None => (status == 405).then(|| &general["MethodNotAllowed"]),
            Some(operation) => operation["responses"].get(status.to_string()),
        },
    }
}

/// Whether `/balance/1` is of `/balance/{userId}`. A key may keep its slashes.
fn is_of(path: &str, template: &str) -> bool {
    match template.split_once('{') {
        None => path == template,
        Some((before, _)) => {
            let slashes = template == "/operations/{key}";
            let is_part = |rest: &str| !rest.is_empty() && (slashes || !rest.contains('/'));
            path.strip_prefix(before).is_some_and(is_part)
        }
    }
}
