use super::templates::{json, template};
use super::types::{BodyTemplate, RequestTemplate};
use crate::scenario::fields::Fields;
use crate::scenario::reader::{Place, Reader};
use crate::scenario::wording::{list_of, quoted, shortened};
use crate::scenario::{keys, values};
use crate::template::{JsonTemplate, Template};

const EXAMPLE: &str = "`request: { method: POST, path: \"/seats/{{ seat }}/reserve\" }`";
pub(in crate::scenario) const METHODS: &[&str] =
    &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const BODIES: &[&str] = &["json", "form", "body"];

/// `request:`. A text alone is the path of a GET.
pub(super) fn read(place: Place<'_>, reader: &mut Reader) -> Option<RequestTemplate> {
    if matches!(place.node.value, crate::scenario::tree::Value::Text(_)) {
        let path = path(&place, reader)?;
        return Some(RequestTemplate {
            method: "GET".into(),
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: BodyTemplate::None,
            timeout: None,
        });
    }
    let fields = Fields::of(place, EXAMPLE, reader)?;
    fields.check_keys(keys::REQUEST, |key| keys::elsewhere(key, keys::REQUEST), reader);
    let body = body(&fields, reader);
    let has_body = BODIES.iter().any(|key| fields.has(key));
    let method = method(&fields, has_body, reader);
    let path = match fields.get("path") {
        Some(place) => path(&place, reader),
        None if fields.lacks("path", keys::REQUEST) => {
            reader.report(
                fields.name(),
                "this request has no `path`",
                format!("for example {EXAMPLE}"),
            );
            None
        }
        None => None,
    };
    let query = fields.get("query").map(|place| named(place, "`query: { page: 1 }`", json, reader));
    let header = |place: &Place<'_>, reader: &mut Reader| {
        let value = template(place, "`headers: { Accept: application/json }`", reader)?;
        if value.fixed().is_some_and(|value| hyper::header::HeaderValue::try_from(value).is_err()) {
            let message = format!("{} cannot be sent in a header", quoted(value.source()));
            reader.report(place.value(), message, "a header is one line".to_owned());
        }
        Some(value)
    };
    let example = "`headers: { Accept: application/json }`";
    let headers = fields.get("headers").map(|place| {
        check_headers(&place, reader);
        named(place, example, header, reader)
    });
    let timeout = fields.get("timeout").map(|place| values::time_limit(&place, reader));
    Some(RequestTemplate {
        method: method?,
        path: path?,
        query: optional(query)?.unwrap_or_default(),
        headers: optional(headers)?.unwrap_or_default(),
        body: body?,
        timeout: optional(timeout)?,
    })
}

fn method(fields: &Fields<'_>, has_body: bool, reader: &mut Reader) -> Option<std::sync::Arc<str>> {
    let Some(place) = fields.get("method") else {
        return Some(if has_body { "POST" } else { "GET" }.into());
    };
    let name = values::text(&place, "`method: POST`", reader)?.to_uppercase();
    if METHODS.contains(&name.as_str()) {
        return Some(name.into());
    }
    let hint = reader
        .did_you_mean(&name, METHODS.iter().copied())
        .unwrap_or_else(|| format!("methods are {}", list_of(METHODS)));
    reader.report(place.value(), format!("unknown method {}", quoted(&name)), hint);
    None
}

fn path(place: &Place<'_>, reader: &mut Reader) -> Option<Template> {
    let path = template(place, "`path: /seats`", reader)?;
    let source = path.source();
    if source.is_empty() {
        let hint = "the path of the whole service is `/`".to_owned();
        reader.report(place.value(), "the path is empty", hint);
        return None;
    }
    let begins = ["/", "{{", "http://", "https://"];
    if !begins.iter().any(|begin| source.starts_with(begin)) {
        let hint = match source.contains("://") {
            true => "a whole URL begins with `http://`".to_owned(),
            false => format!("write `/{}`; a path is relative to the target", shortened(source)),
        };
        reader.report(
            place.value(),
            format!("the path {} does not begin with `/`", quoted(source)),
            hint,
        );
        return None;
    }
    let mut chars = path.literals().flat_map(str::chars);
    let odd = chars.find(|char| matches!(char, ' ' | '{' | '}') || char.is_control());
    drop(chars);
    let (fault, hint) = match odd {
        None => return Some(path),
        Some('{' | '}') => ("holds a brace", "a template has two of them: `{{ seat }}`"),
        Some(_) => ("holds a space", "write a space as `%20`"),
    };
    let message = format!("the path {} {fault}", quoted(source));
    reader.report(place.value(), message, hint.to_owned());
    None
}

/// `json`, `form` or `body`: at most one.
fn body(fields: &Fields<'_>, reader: &mut Reader) -> Option<BodyTemplate> {
    let mut given = BODIES.iter().filter_map(|key| Some((*key, fields.get(key)?)));
    let Some((kind, place)) = given.next() else { return Some(BodyTemplate::None) };
    if let Some((other, second)) = given.next() {
        let message = format!("`{kind}` and `{other}` exclude each other");
        reader.report(second.name(), message, "a request has one body".to_owned());
        return None;
    }
    Some(match kind {
        "json" => BodyTemplate::Json(json(&place, reader)?),
        "form" => BodyTemplate::Form(named(place, "`form: { seat: 4 }`", json, reader)?),
        _ => BodyTemplate::Text(template(&place, "`body: \"a text\"`", reader)?),
    })
}

fn named<T>(
    place: Place<'_>,
    example: &str,
    read: impl Fn(&Place<'_>, &mut Reader) -> Option<T>,
    reader: &mut Reader,
) -> Option<Vec<(String, T)>> {
    let fields = Fields::of(place, example, reader)?;
    let entries: Vec<Option<(String, T)>> =
        fields.iter().map(|(name, place)| Some((name.to_owned(), read(&place, reader)?))).collect();
    entries.into_iter().collect()
}

/// Names that HTTP allows.
fn check_headers(place: &Place<'_>, reader: &mut Reader) {
    let crate::scenario::tree::Value::Map(entries) = &place.node.value else { return };
    for entry in entries {
        if hyper::header::HeaderName::try_from(&entry.key).is_err() {
            let message = format!("{} cannot be the name of a header", quoted(&entry.key));
            reader.report(place.entry(entry).name(), message, "letters, digits and `-`".to_owned());
        }
    }
}

/// What is not there is fine; what is there and unreadable is not.
pub(in crate::scenario) fn optional<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
    }
}

impl RequestTemplate {
    /// Whether one of its parts is not plain text.
    pub fn is_fixed(&self) -> bool {
        let json = |value: &JsonTemplate| value.fixed().is_some();
        self.path.fixed().is_some()
            && self.query.iter().all(|(_, value)| json(value))
            && self.headers.iter().all(|(_, value)| value.fixed().is_some())
            && match &self.body {
                BodyTemplate::None => true,
                BodyTemplate::Json(value) => json(value),
                BodyTemplate::Form(fields) => fields.iter().all(|(_, value)| json(value)),
                BodyTemplate::Text(text) => text.fixed().is_some(),
            }
    }
}
