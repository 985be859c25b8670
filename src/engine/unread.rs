//! Why an answer does not say what it was asked for, told by what it says instead.

use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use serde_json::Value as Json;

use super::answers::{unreadable, whole, without_mark};
use super::{Answer, nearby};
use crate::model::one_line;
use crate::scenario::JsonPath;

/// How much is shown of what came.
const SHOWN: usize = 100;

/// Of an answer without an amount at the path; `wanted`: `a whole number`.
pub(super) fn no_amount(answer: &Answer, path: &JsonPath, wanted: &str) -> String {
    let why = match json(answer) {
        Ok(json) => in_json(answer, &json, path),
        Err(why) => why,
    };
    let wanted = wanted.strip_prefix("a ").unwrap_or(wanted);
    format!("the answer ({}) has no {wanted} at {path}: {why}", kind(answer))
}

/// Of an answer without an object at the path.
pub(super) fn no_object(answer: &Answer, path: &JsonPath) -> String {
    let why = match json(answer) {
        Ok(json) => match path.all(&json).as_slice() {
            [] => nearby::missing(&json, path, Json::is_object),
            [one] => format!("{} is there", described(one)),
            several => format!("{} values are there", several.len()),
        },
        Err(why) => why,
    };
    format!("the answer ({}) has no object at {path}: {why}", kind(answer))
}

/// Of an answer without the path that an operation reads a balance from. Few words
/// and no values: it is counted how often each comes.
pub(super) fn in_short(answer: &Answer, path: &JsonPath) -> String {
    if let Some(fault) = unreadable(answer) {
        return format!("; its body is {fault}");
    }
    let Ok(json) = json(answer) else { return String::new() };
    match path.all(&json).as_slice() {
        [] => nearby::hint(&json, path, is_amount),
        [Json::Null] => "; null is there".to_owned(),
        [Json::Array(_)] => "; a list is there".to_owned(),
        [Json::Object(_)] => "; an object is there".to_owned(),
        [_] => String::new(),
        [..] => "; several values are there".to_owned(),
    }
}

/// Of an answer that is no JSON at all, whatever was to be found in it.
pub(super) fn no_json(answer: &Answer) -> Option<String> {
    let why = json(answer).err()?;
    Some(format!("the answer ({}) cannot be read: {why}", kind(answer)))
}

/// An error of a status alone, with what came beside it.
pub(super) fn refused(error: String, answer: &Answer) -> String {
    match error.ends_with(&format!(": {}", answer.status)) {
        true => format!("{error} {}", refusal(answer)),
        false => error,
    }
}

fn refusal(answer: &Answer) -> String {
    let location = answer.headers.get(LOCATION).filter(|_| (300..400).contains(&answer.status));
    if let Some(location) = location {
        return format!("to {}", short(&String::from_utf8_lossy(location.as_bytes())));
    }
    let hint = match answer.status {
        401 | 403 => "; BANKRUN_TOKEN or `http: { bearer: ... }` sends a token",
        _ => "",
    };
    let said = match (unreadable(answer), beginning(answer)) {
        (Some(fault), _) => format!("with a body that is {fault}"),
        (None, None) => "with an empty body".to_owned(),
        (None, Some(line)) => format!("`{line}`"),
    };
    format!("{said}{hint}")
}

/// `200, text/html`
fn kind(answer: &Answer) -> String {
    match answer.headers.get(CONTENT_TYPE) {
        Some(kind) => {
            format!("{}, {}", answer.status, short(&String::from_utf8_lossy(kind.as_bytes())))
        }
        None => format!("{}, without a content type", answer.status),
    }
}

fn json(answer: &Answer) -> Result<Json, String> {
    let body = without_mark(&answer.body);
    if let Some(why) = compressed(answer) {
        return Err(why);
    }
    if body.starts_with(b"\xff\xfe") || body.starts_with(b"\xfe\xff") {
        return Err("it is UTF-16; JSON is UTF-8".to_owned());
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        let byte = body.get(at).copied().unwrap_or_default();
        let shown = beginning(answer).map_or_else(String::new, |line| format!(": `{line}`"));
        format!("it is not UTF-8, as JSON is (its byte {} is {byte:#04x}){shown}", at + 1)
    })?;
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    serde_json::from_str(text).map_err(|error| {
        let line = beginning(answer).unwrap_or_default();
        let begin: String = text.trim_start().chars().take(9).collect();
        let begin = begin.to_ascii_lowercase();
        if begin.starts_with("<!doctype") || begin.starts_with("<html") || is_html(answer, text) {
            return format!(
                "it is an HTML page, `{line}`; is it one to log in? BANKRUN_TOKEN or `http: {{ \
                 bearer: ... }}` sends a token"
            );
        }
        if begin.starts_with('<') {
            return format!("it is XML, not JSON: `{line}`");
        }
        format!("it is not JSON ({error}): `{line}`")
    })
}

fn is_html(answer: &Answer, text: &str) -> bool {
    let kind = answer.headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes());
    let is_said = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with(b"text/html"));
    is_said && text.trim_start().starts_with('<')
}

/// By what its head says, or how it begins.
fn compressed(answer: &Answer) -> Option<String> {
    let begins = |with: &[u8]| answer.body.starts_with(with);
    let is_said = answer.headers.contains_key(CONTENT_ENCODING);
    let told = unreadable(answer).filter(|_| is_said);
    let known = if begins(b"\x1f\x8b") {
        Some("compressed by gzip, which its content-encoding does not say")
    } else if begins(b"\x28\xb5\x2f\xfd") {
        Some("compressed by zstd, which its content-encoding does not say")
    } else {
        None
    };
    let what = told.or_else(|| known.map(str::to_owned))?;
    Some(format!("it is {what}; let the service send it as it is"))
}

fn in_json(answer: &Answer, json: &Json, path: &JsonPath) -> String {
    match path.all(json).as_slice() {
        [] => nearby::missing(json, path, is_amount),
        [one] => value(answer, one, path),
        several => {
            let first = several.first().map_or_else(String::new, |value| described(value));
            format!("{} values are there, the first is {first}; one is wanted", several.len())
        }
    }
}

/// One that is there, and is none.
fn value(answer: &Answer, value: &Json, path: &JsonPath) -> String {
    const CENTS: &str = "where amounts have cents, the file says `scale: 2` at its top";
    match value {
        Json::Number(number) if number.is_f64() => match number.as_f64() {
            Some(float) if float.fract() == 0.0 => {
                format!("{value} is there, more than a balance can be")
            }
            _ => format!("{} is there; {CENTS}", exact(answer, value)),
        },
        Json::Number(number) => format!("{number} is there, more than a balance can be"),
        Json::String(text) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
            format!("\"{}\" is there; {CENTS}", short(text))
        }
        Json::String(_) | Json::Null | Json::Bool(_) => format!("{} is there", described(value)),
        Json::Array(_) | Json::Object(_) => {
            let inner = nearby::only_within(value, &path.to_string(), is_amount);
            let hint = inner.map_or_else(String::new, |path| format!("; `{path}` is a number"));
            format!("{} is there{hint}", described(value))
        }
    }
}

/// The number as it is written, zeros at its end and all.
fn exact(answer: &Answer, number: &Json) -> String {
    let (shown, body) = (number.to_string(), String::from_utf8_lossy(&answer.body));
    let zeros = |at: usize| {
        let rest = &body[at + shown.len()..];
        rest.len() - rest.trim_start_matches('0').len()
    };
    let zeros = body.find(&shown).map_or(0, zeros).min(SHOWN);
    shown + &"0".repeat(zeros)
}

/// `null`, `"x"`, a list, an object with its fields.
pub(super) fn described(value: &Json) -> String {
    match value {
        Json::Array(items) => match items.first() {
            Some(first) => {
                let first = short(&first.to_string());
                format!("a list of {}, which begins with {first},", items.len())
            }
            None => "an empty list".to_owned(),
        },
        Json::Object(fields) if fields.is_empty() => "an object without fields".to_owned(),
        Json::Object(_) => format!("the object {}", short(&value.to_string())),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => short(&value.to_string()),
    }
}

/// In one line. `None`: there is nothing in it.
fn beginning(answer: &Answer) -> Option<String> {
    let start = &answer.body[..answer.body.len().min(10 * SHOWN)];
    let text = String::from_utf8_lossy(without_mark(start));
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| short(&words.join(" ")))
}

pub(super) fn short(text: &str) -> String {
    let text = one_line(text);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// Whether a balance could be read of it.
fn is_amount(value: &Json) -> bool {
    whole(value).is_some()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::HeaderMap;

    use super::*;

    fn answer(status: u16, kind: &'static str, body: &[u8]) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", kind.parse().expect("a header"));
        let body = Bytes::copy_from_slice(body);
        Answer { status, headers: headers.into(), body, is_aftermath: false }
    }

    /// What is said after the path.
    fn why(path: &str, kind: &'static str, body: &[u8]) -> String {
        let path = JsonPath::parse(path).expect("a path");
        let said = no_amount(&answer(200, kind, body), &path, "a whole number");
        let begin = format!("the answer (200, {kind}) has no whole number at {path}: ");
        said.strip_prefix(&begin).unwrap_or_else(|| panic!("{said}")).to_owned()
    }

    #[test]
    fn a_value_that_is_no_balance_is_shown() {
        for (body, said) in [
            (r#"{"b":null}"#, "null is there"),
            (r#"{"b":"five"}"#, "\"five\" is there"),
            (r#"{"b":true}"#, "true is there"),
            (r#"{"b":[]}"#, "an empty list is there"),
            (r#"{"b":[5,6]}"#, "a list of 2, which begins with 5, is there; `$.b[0]` is a number"),
            (
                r#"{"b":{"amount":5,"unit":"EUR"}}"#,
                "the object {\"amount\":5,\"unit\":\"EUR\"} is there; `$.b.amount` is a number",
            ),
            (r#"{"b":99999999999999999999}"#, "1e+20 is there, more than a balance can be"),
        ] {
            assert_eq!(why("$.b", "application/json", body.as_bytes()), said, "{body}");
        }
        for body in [r#"{"b":"1000.50"}"#, r#"{"b":1000.50}"#, r#"{"b": -1000.50 }"#] {
            let said = why("$.b", "application/json", body.as_bytes());
            assert!(said.contains("1000.50") && said.contains("cents"), "{said}");
        }
    }

    #[test]
    fn what_there_is_instead_is_told_and_what_was_meant() {
        for (path, body, said) in [
            (
                "$.balance",
                r#"{"balanse":5,"id":7}"#,
                "the answer has no `balance`; there is `balanse` (5), `id` (7); did you mean \
                 `$.balanse`?",
            ),
            (
                "$.b",
                r#"{"balance":5}"#,
                "the answer has no `b`; there is `balance` (5); did you mean `$.balance`?",
            ),
            (
                "$.b",
                r#"{"data":{"b":5}}"#,
                "the answer has no `b`; there is `data` (an object); did you mean `$.data.b`?",
            ),
            (
                "$.a.b",
                r#"{"a":{"c":[],"d":"x"}}"#,
                "what is at $.a has no `b`; there is `c` (a list), `d` (\"x\")",
            ),
            (
                "$.b",
                r#"{"error":"not found","code":7}"#,
                "the answer has no `b`; there is `error` (\"not found\"), `code` (7)",
            ),
            (
                "$.b",
                r#"[{"b":1}]"#,
                "the answer is a list of 1, which begins with {\"b\":1}; did you mean `$[0].b`?",
            ),
            (
                "$.r.b",
                r#"{"r":["x"]}"#,
                "what is at $.r is a list of 1, which begins with \"x\", so that its items have \
                 indices, as in `$.r[0]`",
            ),
            ("$.b", "[]", "the answer is an empty list"),
            ("$.b", "{}", "the answer is an object without fields"),
            ("$.b", "1000", "the answer is 1000; did you mean `$`?"),
            ("$.b", "null", "the answer is null"),
            ("$.rows[0].b", r#"{"b":1}"#, "nothing is there; the answer is the object {\"b\":1}"),
            ("$.*", r#"{"a":1,"b":2}"#, "2 values are there, the first is 1; one is wanted"),
        ] {
            assert_eq!(why(path, "application/json", body.as_bytes()), said, "{path} {body}");
        }
    }

    #[test]
    fn an_object_that_is_missing_is_told_by_what_there_is() {
        let why = |body: &str| {
            let path = JsonPath::parse("$.accounts").expect("a path");
            let said = no_object(&answer(200, "text/plain", body.as_bytes()), &path);
            let begin = "the answer (200, text/plain) has no object at $.accounts: ";
            said.strip_prefix(begin).unwrap_or_else(|| panic!("{said}")).to_owned()
        };
        assert_eq!(why(r#"{"accounts":null}"#), "null is there");
        assert_eq!(
            why(r#"{"data":{"accounts":{"a":1}},"n":1}"#),
            "the answer has no `accounts`; there is `data` (an object), `n` (1); did you mean \
             `$.data.accounts`?"
        );
        assert_eq!(why(r#"{"n":1}"#), "the answer has no `accounts`; there is `n` (1)");
        assert!(why("busy").starts_with("it is not JSON"));
    }

    #[test]
    fn an_answer_to_an_operation_is_told_without_its_values() {
        let path = JsonPath::parse("$.b").expect("a path");
        let told = |body: &str| in_short(&answer(200, "text/plain", body.as_bytes()), &path);
        assert_eq!(told(r#"{"balance":5}"#), "; did you mean `$.balance`?");
        assert_eq!(told(r#"{"b":null}"#), "; null is there");
        assert_eq!(told(r#"{"b":"7.50"}"#), "");
        assert_eq!(told("busy"), "");
    }

    #[test]
    fn a_status_alone_is_told_with_what_came() {
        let told = |status, kind, body: &str| {
            refused(format!("balance: {status}"), &answer(status, kind, body.as_bytes()))
        };
        assert_eq!(told(404, "text/html", "<h1>\n No"), "balance: 404 `<h1> No`");
        assert_eq!(told(500, "text/plain", ""), "balance: 500 with an empty body");
        assert!(told(401, "text/plain", "who?").starts_with("balance: 401 `who?`; BANKRUN_TOKEN"));
        let known = refused("balance: 404 no such".to_owned(), &answer(404, "text/plain", b"x"));
        assert_eq!(known, "balance: 404 no such");
    }

    #[test]
    fn what_is_no_json_is_named() {
        let page = b"<!DOCTYPE html>\n<form>\n  Log in";
        for (kind, body, said) in [
            ("text/html", &page[..], "it is an HTML page, `<!DOCTYPE html> <form> Log in`"),
            ("application/json", b"<html>", "it is an HTML page, `<html>`; is it one to log in?"),
            ("text/html; charset=utf-8", b"<p>Hi", "it is an HTML page, `<p>Hi`"),
            ("text/xml", b"<?xml version='1.0'?><b>1</b>", "it is XML, not JSON: `<?xml"),
            ("text/plain", b"1000 EUR", "it is not JSON (trailing characters at line 1 column 6)"),
            ("text/plain", b"", "it is empty"),
            ("text/plain", b" \n", "it is empty"),
            (
                "application/json",
                b"{\"n\":\"\xe9\"}",
                "it is not UTF-8, as JSON is (its byte 7 is 0xe9)",
            ),
            ("application/json", b"\xff\xfe{\0", "it is UTF-16; JSON is UTF-8"),
            ("application/json", b"\x1f\x8b\x08\0\0", "it is compressed by gzip, which its"),
        ] {
            let told = why("$.b", kind, body);
            assert!(told.starts_with(said), "{told}");
        }
        let mut coded = answer(200, "application/json", b"\x1f\x8b");
        let mut headers = (*coded.headers).clone();
        headers.insert("content-encoding", "gzip".parse().expect("a header"));
        coded.headers = headers.into();
        let path = JsonPath::parse("$.b").expect("a path");
        let told = no_amount(&coded, &path, "a whole number");
        assert!(told.contains("it is no gzip that can be unpacked"), "{told}");
    }

    #[test]
    fn what_came_is_short_and_in_one_line() {
        let long = format!("{{\"b\": \"{}\u{1b}[31m\"}}", "x".repeat(10_000));
        let told = why("$.b", "application/json", long.as_bytes());
        assert!(told.len() < 300, "{told}");
        let told = why("$.b", "text/plain", b"a\x1b[31m\r\nb\0");
        assert!(!told.contains(char::is_control), "{told:?}");
        let wide: Vec<String> = (0..50).map(|n| format!("\"{n}{}\":0", "k".repeat(500))).collect();
        let told = why("$.b", "application/json", format!("{{{}}}", wide.join(",")).as_bytes());
        assert!(told.len() < 3000 && told.ends_with(" and 42 more"), "{told}");
    }
}
