use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::failures::{METHOD_NOT_ALLOWED, NOT_FOUND, response};
use super::operations::operation;
use super::schemas;
use crate::bank::http::routes::Route;
use crate::bank::http::service::Limits;

/// The document, for a server with these limits.
pub(in crate::bank::http) fn document(limits: Limits) -> Value {
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "bankrun's bank",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A small service that moves money, to be raced",
            "description": description(limits),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
        },
        "x-limits": {
            "bodyBytes": limits.body_bytes,
            "bodyMilliseconds": limits.body_time.as_millis(),
            "requestMilliseconds": limits.request_time.as_millis()
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "money", "description": "Updates, and what they left" },
            { "name": "server", "description": "The server itself" }
        ],
        "paths": paths(),
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas::all(),
            "responses": {
                "NotFound": response(StatusCode::NOT_FOUND, &[NOT_FOUND]),
                "MethodNotAllowed":
                    response(StatusCode::METHOD_NOT_ALLOWED, &[METHOD_NOT_ALLOWED])
            }
        }
    })
}

fn description(limits: Limits) -> String {
    format!(
        "Amounts and balances are whole numbers of 64 bits; `10.0` and `1e1` are such, too, `10.5` \
         is none. Fields that are not described are ignored, except by `/reset`; no key may be \
         there twice. Pages of other origins may change nothing. A body has at most {} bytes and arrives \
         within {:?}; a request takes at most {:?}. Whatever is refused has changed nothing, unless its `code` is \
         `outcome_unknown`. Other paths are answered 404 (`not_found`), other methods 405 \
         (`method_not_allowed`). A server started with `--lose-answers` applies some updates and \
         closes the connection instead of answering.",
        limits.body_bytes, limits.body_time, limits.request_time
    )
}

/// Each route under the methods it takes.
fn paths() -> Map<String, Value> {
    let item = |route: Route<'_>| {
        let methods = route.allow().split(", ");
        let methods = methods.map(|method| (method.to_lowercase(), operation(route, method)));
        (template(route.pattern()), Value::Object(methods.collect()))
    };
    Route::ALL.into_iter().map(item).collect()
}

/// `/balance/:userId` -> `/balance/{userId}`
fn template(pattern: &str) -> String {
    let part = |part: &str| match part.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => part.to_owned(),
    };
    pattern.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The failures of a document under their status and code.
#[cfg(test)]
pub(super) fn listed(document: &Value) -> std::collections::BTreeSet<(u16, String)> {
    let paths = document["paths"].as_object().expect("paths").values();
    let operations = paths.flat_map(|item| item.as_object().expect("methods").values());
    let responses = operations.flat_map(|operation| operation["responses"].as_object());
    let general = &document["components"]["responses"];
    let mut found = std::collections::BTreeSet::new();
    for (status, response) in responses.flatten() {
        found.extend(codes(response).map(|code| (status.parse().expect("a status"), code)));
    }
    found.extend(codes(&general["NotFound"]).map(|code| (404, code)));
    found.extend(codes(&general["MethodNotAllowed"]).map(|code| (405, code)));
    found
}

#[cfg(test)]
fn codes(response: &Value) -> impl Iterator<Item = String> + '_ {
    let content = &response["content"]["application/json"]["schema"];
    let codes = content["properties"]["code"]["enum"].as_array();
    codes.into_iter().flatten().map(|code| code.as_str().expect("a code").to_owned())
}

/// Shared by the tests of this room.
#[cfg(test)]
pub(super) fn example() -> Value {
    let second = std::time::Duration::from_secs(1);
    let (body_time, request_time) = (second, 2 * second);
    document(Limits { body_bytes: 100, body_time, request_time, memory: 1000 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_in_it_under_its_methods() {
        let document = example();
        for route in Route::ALL {
            let item = &document["paths"][template(route.pattern())];
            for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
                let allowed = route.allows(&method.parse().expect("a method"));
                let described = item.get(method.to_lowercase()).is_some();
                assert_eq!(described, allowed, "{method} {}", route.pattern());
            }
        }
        assert_eq!(template("/operations/:key"), "/operations/{key}");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = example();
        let mut open = vec![&document];
        let mut followed = 0;
        while let Some(value) = open.pop() {
            match value {
                Value::Array(items) => open.extend(items),
                Value::Object(members) => {
                    if let Some(Value::String(reference)) = members.get("$ref") {
                        let pointer = reference.trim_start_matches('#');
                        assert!(document.pointer(pointer).is_some(), "{reference}");
                        followed += 1;
                    }
                    open.extend(members.values());
                }
                _ => {}
            }
        }
        assert!(followed > 20, "{followed}");
    }

    #[test]
    fn it_says_how_much_it_takes() {
        let document = example();
        assert_eq!(
            document["x-limits"],
            json!({ "bodyBytes": 100, "bodyMilliseconds": 1000, "requestMilliseconds": 2000 })
        );
        let text = document["info"]["description"].as_str().expect("a text");
        assert!(text.contains("at most 100 bytes and arrives within 1s"), "{text}");
    }

    /// Every example is what its schema says.
    #[test]
    fn examples_are_valid() {
        let document = example();
        let mut checked = 0;
        let mut check = |content: &Value, example: &Value| {
            let mut schema = content["schema"].clone();
            schema["components"] = document["components"].clone();
            let validator = jsonschema::validator_for(&schema).expect("a schema");
            let faults: Vec<String> =
                validator.iter_errors(example).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{example}: {faults:?}");
            checked += 1;
        };
        for item in document["paths"].as_object().expect("paths").values() {
            for operation in item.as_object().expect("methods").values() {
                let responses = operation["responses"].as_object().expect("responses").values();
                let contents = responses.map(|response| &response["content"]);
                for content in contents.chain([&operation["requestBody"]["content"]]) {
                    let content = &content["application/json"];
                    for example in content["examples"].as_object().into_iter().flatten() {
                        check(content, &example.1["value"]);
                    }
                }
            }
        }
        assert!(checked > 60, "{checked}");
    }
}
