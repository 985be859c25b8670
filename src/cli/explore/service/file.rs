use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use serde::Deserialize;
use serde_json::Value;

use super::sql;
use crate::explore::MOST_REQUESTS;

/// What `bankrun new --explore` writes.
pub(in crate::cli) const TEMPLATE: &str = include_str!("template.yaml");

/// What is to be explored of a service:
///
/// ```yaml
/// target: http://127.0.0.1:8080
/// command: node server.js             # optional; started beside the file
/// requests:
///   - POST /accounts/1/deposit {"amount":10}
///   - { method: POST, path: /accounts/1/deposit, json: { amount: 20 } }
/// reset: UPDATE accounts SET balance = 100
/// read: SELECT id, balance FROM accounts
/// ignore: [updated_at, $.requestId]   # columns, fields of answers
/// ```
///
/// Without `reset` the tables that the requests write are saved before and put back
/// each time; without `read` they are compared.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceFile {
    pub(super) target: Option<String>,
    pub(super) command: Option<String>,
    pub(super) requests: Vec<ServiceRequest>,
    #[serde(default, deserialize_with = "sql::reset")]
    pub(super) reset: Option<String>,
    #[serde(default, deserialize_with = "sql::read")]
    pub(super) read: Option<String>,
    #[serde(default)]
    pub(super) ignore: Vec<String>,
}

/// One that runs beside the others.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Entry")]
pub(super) struct ServiceRequest {
    /// As people read it: `POST /deposit {"amount":10}`.
    pub(super) text: String,
    pub(super) request: Request<Bytes>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Line(String),
    Parts(Parts),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    #[serde(default = "get")]
    method: String,
    path: String,
    json: Option<Value>,
    body: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

fn get() -> String {
    "GET".to_owned()
}

/// Whether a document asks for requests, however well.
pub(in crate::cli::explore) fn has_requests(text: &str) -> bool {
    let document: Result<serde_yaml::Value, _> = serde_yaml::from_str(text);
    document.is_ok_and(|document| document.get("requests").is_some())
}

/// The error is for a person, and says where.
pub(super) fn parse(text: &str) -> Result<ServiceFile, String> {
    let file: ServiceFile = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let count = file.requests.len();
    if !(2..=MOST_REQUESTS).contains(&count) {
        return Err(format!(
            "`requests` has {count}; from 2 to {MOST_REQUESTS} can be explored together"
        ));
    }
    Ok(file)
}

impl TryFrom<Entry> for ServiceRequest {
    type Error = String;

    fn try_from(entry: Entry) -> Result<Self, String> {
        match entry {
            Entry::Parts(parts) => parts.request(),
            Entry::Line(line) => {
                let mut words = line.trim().splitn(3, char::is_whitespace);
                let expected = || {
                    format!("`{line}` is no request: expected METHOD /path, and JSON where wanted")
                };
                let (Some(method), Some(path)) = (words.next(), words.next()) else {
                    return Err(expected());
                };
                let body = words.next().map(str::trim).filter(|body| !body.is_empty());
                let parts = Parts {
                    method: method.to_owned(),
                    path: path.to_owned(),
                    json: body.map(serde_json::from_str).transpose().map_err(|_| expected())?,
                    body: None,
                    headers: BTreeMap::new(),
                };
                parts.request()
            }
        }
    }
}

impl Parts {
    fn request(self) -> Result<ServiceRequest, String> {
        let Self { method, path, json, body, headers } = self;
        if json.is_some() && body.is_some() {
            return Err("a request has `json` or `body`, not both".to_owned());
        }
        if !path.starts_with('/') {
            return Err(format!("the path `{path}` does not begin with /"));
        }
        let is_json = json.is_some();
        let body = json.map(|json| json.to_string()).or(body).unwrap_or_default();
        let mut text = format!("{method} {path}");
        if !body.is_empty() {
            text = format!("{text} {body}");
        }
        let mut request = Request::new(Bytes::from(body));
        let wrong = |what: &str| format!("`{what}` is no HTTP method");
        *request.method_mut() =
            Method::from_bytes(method.as_bytes()).map_err(|_| wrong(&method))?;
        *request.uri_mut() =
            path.parse::<Uri>().map_err(|error| format!("the path `{path}`: {error}"))?;
        if is_json {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(CONTENT_TYPE, json);
        }
        for (name, value) in headers {
            let wrong = || format!("the header `{name}` is not one that HTTP allows");
            let header: HeaderName = name.parse().map_err(|_| wrong())?;
            let value: HeaderValue = value.parse().map_err(|_| wrong())?;
            request.headers_mut().insert(header, value);
        }
        Ok(ServiceRequest { text, request })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(requests: &str) -> Result<ServiceFile, String> {
        parse(&format!("requests: {requests}\nreset: {{ sql: A }}\nread: {{ sql: B }}\n"))
    }

    #[test]
    fn requests_are_lines_or_parts() {
        let file = with(
            r#"['POST /a {"x": 1}', { path: /b, headers: { x-a: "1" } }, { method: PUT, path: /c, json: { y: 2 } }]"#,
        );
        let file = file.expect("is well formed");
        let texts: Vec<&str> = file.requests.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(texts, [r#"POST /a {"x":1}"#, "GET /b", r#"PUT /c {"y":2}"#]);
        assert_eq!(file.requests[0].request.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(file.requests[1].request.headers()["x-a"], "1");
    }

    #[test]
    fn the_template_and_all_examples_in_it_are_valid() {
        let (_, after_comment) = TEMPLATE.split_once("\n\n").expect("a comment");
        let is_wanted = |line: &&str| !line.starts_with("# ") || line.starts_with("#  ");
        let all: Vec<&str> = after_comment.lines().filter(is_wanted).collect();
        let file = parse(TEMPLATE).expect("is valid");
        assert!(file.reset.is_none() && file.requests.len() == 2);
        // The other requests stand for the first ones.
        let uncommented = all.iter().filter(|line| !line.starts_with("requests:"));
        let text: Vec<&str> =
            uncommented.map(|line| line.strip_prefix('#').unwrap_or(line)).collect();
        let file = parse(&text.join("\n")).expect("is valid");
        assert!(file.reset.is_some() && file.read.is_some() && file.ignore.len() == 2);
    }

    #[test]
    fn sql_is_a_text_or_several() {
        let reset = |text: &str| {
            let file = parse(&format!("requests: [GET /a, GET /b]\nreset: {text}\n"));
            file.map(|file| file.reset.expect("a reset"))
        };
        for (text, expected) in [
            ("DELETE FROM a", "DELETE FROM a"),
            ("{ sql: DELETE FROM a }", "DELETE FROM a"),
            ("[DELETE FROM a;, DELETE FROM b]", "DELETE FROM a; DELETE FROM b"),
            ("{ sql: [A, B] }", "A; B"),
        ] {
            assert_eq!(reset(text).expect(text), expected);
        }
        for (text, says) in [
            ("{ sql: SELECT a, b FROM c }", "put the SQL in quotes"),
            ("{ sql: A, sqll: B }", "unknown field `sqll`"),
            ("{ request: POST /reset }", "expected SQL"),
            ("''", "expected SQL"),
            ("7", "expected SQL"),
            ("[]", "expected SQL"),
        ] {
            let error = reset(text).expect_err(text);
            assert!(error.contains(says) && error.starts_with("`reset`"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (requests, says) in [
            ("[GET /a]", "has 1"),
            ("[GET, GET /a]", "is no request"),
            ("['POST /a {', GET /a]", "is no request"),
            ("[{ path: a }, GET /a]", "does not begin with /"),
            ("[{ path: /a, json: 1, body: x }, GET /a]", "not both"),
        ] {
            let error = with(requests).expect_err(requests);
            assert!(error.contains(says), "{requests}: {error}");
        }
    }
}
