//! Documents of YAML or JSON, known by their first keys.

use serde_yaml::{Mapping, Value};

use super::tool::Tool;

/// Larger documents are known by their beginning.
const LARGEST: usize = 1_000_000;
const BEGINNING: usize = 4096;

pub(super) fn tool(text: &str) -> Option<Tool> {
    if text.len() > LARGEST {
        return beginning(text);
    }
    // JSON may be set off by tabs, which YAML does not allow.
    let json = || serde_json::from_str(text).ok();
    let document: Option<Value> = json().or_else(|| serde_yaml::from_str(text).ok());
    match document {
        Some(Value::Mapping(document)) => of(&document),
        Some(_) => None,
        None => targets(text).or_else(|| beginning(text)),
    }
}

fn of(document: &Mapping) -> Option<Tool> {
    let has = |key: &str| document.contains_key(key);
    let list = |key: &str| document.get(key).is_some_and(Value::is_sequence);
    let map = |key: &str| document.get(key).is_some_and(Value::is_mapping);
    let text = |key: &str| document.get(key).and_then(Value::as_str).unwrap_or_default();
    let within = |key: &str, inner: &str| document.get(key).and_then(|value| value.get(inner));
    if has("operations") || has("accounts") {
        return None;
    }
    let schema = within("info", "schema").and_then(Value::as_str).unwrap_or_default();
    Some(if has("openapi") || has("swagger") {
        Tool::OpenApi
    } else if has("asyncapi") {
        Tool::AsyncApi
    } else if within("log", "entries").is_some() {
        Tool::Har
    } else if schema.contains("postman")
        || within("info", "_postman_id").is_some()
        || has("_postman_variable_scope")
        || (map("info") && list("item"))
    {
        Tool::Postman
    } else if text("type").contains("insomnia") || has("__export_format") {
        Tool::Insomnia
    } else if flows(document) || (!map("scenarios") && is_config(document)) {
        Tool::Artillery
    } else if list("execution") {
        Tool::Taurus
    } else if !text("method").is_empty() && !text("url").is_empty() {
        Tool::Vegeta
    } else {
        return None;
    })
}

/// Whether its scenarios are a list of flows.
fn flows(document: &Mapping) -> bool {
    let scenarios = document.get("scenarios").and_then(Value::as_sequence);
    scenarios.is_some_and(|all| all.iter().any(|one| one.get("flow").is_some()))
}

/// Whether it has what Artillery takes under `config`.
fn is_config(document: &Mapping) -> bool {
    const KEYS: &[&str] =
        &["target", "phases", "environments", "payload", "processor", "plugins", "engines", "http"];
    let config = document.get("config");
    config.is_some_and(|config| KEYS.iter().any(|key| config.get(key).is_some()))
}

/// Targets of Vegeta in JSON, one a line.
fn targets(text: &str) -> Option<Tool> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let Ok(Value::Mapping(first)) = serde_json::from_str(first) else { return None };
    of(&first).filter(|tool| *tool == Tool::Vegeta)
}

/// A document that is too large to be read for this, or has a mistake.
fn beginning(text: &str) -> Option<Tool> {
    let end = text.floor_char_boundary(BEGINNING);
    let text = &text[..end];
    let line = |key: &str| text.lines().any(|line| line.starts_with(key));
    let key = |key: &str| text.contains(&format!("\"{key}\""));
    if !text.trim_start().starts_with('{') {
        return (line("openapi:") || line("swagger:")).then_some(Tool::OpenApi);
    }
    if key("openapi") || key("swagger") {
        Some(Tool::OpenApi)
    } else if key("_postman_id") {
        Some(Tool::Postman)
    } else {
        (key("log") && (key("creator") || key("entries"))).then_some(Tool::Har)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_known_by_their_keys() {
        let schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
        let postman = format!("{{\n\t\"info\": {{\"schema\": \"{schema}\"}},\n\t\"item\": []\n}}");
        for (text, expected) in [
            ("openapi: 3.0.3\npaths: { /a: { get: { responses: { 200: {} } } } }", Tool::OpenApi),
            ("{\"swagger\": \"2.0\"}", Tool::OpenApi),
            ("openapi: 3.1.0\ninfo: [\n", Tool::OpenApi),
            ("asyncapi: 2.6.0", Tool::AsyncApi),
            ("{\"log\": {\"version\": \"1.2\", \"entries\": []}}", Tool::Har),
            (&postman, Tool::Postman),
            ("{\"info\": {\"name\": \"a\"}, \"item\": []}", Tool::Postman),
            ("type: collection.insomnia.rest/5.0\nname: a", Tool::Insomnia),
            ("config: { target: x }\nscenarios: [{ flow: [] }]", Tool::Artillery),
            (
                "config:\n  phases: []\nscenarios:\n  - flow:\n      - get: {url: /}",
                Tool::Artillery,
            ),
            ("scenarios:\n  - name: a\n    flow: []", Tool::Artillery),
            ("execution:\n- concurrency: 5\nscenarios: { a: { requests: [] } }", Tool::Taurus),
            ("{\"method\": \"GET\", \"url\": \"http://h/\"}", Tool::Vegeta),
            (
                "{\"method\":\"GET\",\"url\":\"http://h/\"}\n{\"method\":\"GET\",\"url\":\"http://h/\"}",
                Tool::Vegeta,
            ),
        ] {
            assert_eq!(tool(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_large_document_is_known_by_its_beginning() {
        let rest = "x".repeat(LARGEST);
        let large = |begin: &str| tool(&format!("{begin}{rest}"));
        assert_eq!(large("{\"log\": {\"creator\": {}, \"entries\": [\""), Some(Tool::Har));
        assert_eq!(large("openapi: 3.0.0\nx: "), Some(Tool::OpenApi));
        assert_eq!(large("name: "), None);
    }
}
