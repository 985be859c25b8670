//! The mapping `http:`: how requests travel.

use std::collections::BTreeMap;

use hyper::header::{HeaderName, HeaderValue};

use super::fields::Fields;
use super::http_options::{HttpAuth, HttpOptions};
use super::position::Spot;
use super::reader::{Place, Reader};
use super::tree::Value;
use super::wording::quoted;
use super::{keys, values};

/// Headers that belong to the connection, not to a request.
const OURS: &[&str] = &["content-length", "transfer-encoding", "connection", "upgrade", "te"];
const MOST_REDIRECTS: i128 = 100;

pub(super) fn read(place: Place<'_>, reader: &mut Reader) -> Option<HttpOptions> {
    let fields = Fields::of(place, "`http: { redirects: 0 }`", reader)?;
    fields.check_keys(keys::HTTP, |key| keys::elsewhere(key, keys::HTTP), reader);
    let defaults = HttpOptions::default();
    let mut flag = |key, otherwise| match fields.get(key) {
        Some(place) => values::boolean(&place, reader),
        None => Some(otherwise),
    };
    let cookies = flag("cookies", defaults.cookies);
    let keep_cookies = flag("keep_cookies", defaults.keep_cookies);
    let no_connection_reuse = flag("no_connection_reuse", false);
    let no_vu_connection_reuse = flag("no_vu_connection_reuse", false);
    let move_connections = flag("move_connections", defaults.move_connections);
    if (cookies, keep_cookies) == (Some(false), Some(true))
        && let Some(place) = fields.get("keep_cookies")
    {
        let hint = "remove one of the two".to_owned();
        reader.report(place.name(), "there are no cookies to keep with `cookies: false`", hint);
    }
    let redirects = match fields.get("redirects") {
        Some(place) => values::whole(&place, 0..=MOST_REDIRECTS, reader).map(|most| most as u32),
        None => Some(defaults.redirects),
    };
    let user_agent = fields.get("user_agent").map(|place| header_text(&place, reader));
    let connect_timeout =
        fields.get("connect_timeout").map(|place| values::time_limit(&place, reader));
    let headers = fields.get("headers").map(|place| headers(place, reader));
    let auth = auth(&fields, headers.as_ref().and_then(Option::as_ref), reader);
    Some(HttpOptions {
        headers: headers.flatten().unwrap_or_default(),
        auth,
        redirects: redirects?,
        cookies: cookies?,
        keep_cookies: keep_cookies?,
        no_connection_reuse: no_connection_reuse?,
        no_vu_connection_reuse: no_vu_connection_reuse?,
        move_connections: move_connections?,
        user_agent: user_agent.flatten(),
        connect_timeout: connect_timeout.flatten(),
    })
}

fn headers(place: Place<'_>, reader: &mut Reader) -> Option<BTreeMap<String, String>> {
    let fields = Fields::of(place, "`headers: { Accept: text/plain }`", reader)?;
    let mut headers = BTreeMap::new();
    for (name, place) in fields.iter() {
        let Ok(header) = HeaderName::try_from(name) else {
            let message = format!("{} is no name of a header", quoted(name));
            reader.report(place.name(), message, "for example `X-Tenant`".to_owned());
            continue;
        };
        if OURS.contains(&header.as_str()) {
            let message = format!("`{name}` is set by bankrun itself");
            reader.report(place.name(), message, "remove it".to_owned());
        } else if let Some(value) = secret(&place, reader) {
            headers.insert(name.to_owned(), value);
        }
    }
    Some(headers)
}

fn auth(
    fields: &Fields<'_>,
    headers: Option<&BTreeMap<String, String>>,
    reader: &mut Reader,
) -> Option<HttpAuth> {
    let (bearer, basic) = (fields.get("bearer"), fields.get("basic"));
    let given = bearer.as_ref().or(basic.as_ref())?;
    if let (Some(_), Some(basic)) = (&bearer, &basic) {
        let hint = "a request carries one or the other".to_owned();
        reader.report(unseen(basic), "`bearer` and `basic` exclude each other", hint);
    }
    let is_authorization = |name: &String| name.eq_ignore_ascii_case("authorization");
    if headers.is_some_and(|headers| headers.keys().any(is_authorization)) {
        let message = format!("`{}` and the header Authorization exclude each other", given.label);
        reader.report(unseen(given), message, "remove one of the two".to_owned());
    }
    match (bearer, basic) {
        (Some(place), _) => secret(&place, reader).map(HttpAuth::Bearer),
        (None, Some(place)) => read_basic(place, reader),
        (None, None) => None,
    }
}

fn read_basic(place: Place<'_>, reader: &mut Reader) -> Option<HttpAuth> {
    const EXAMPLE: &str = "`basic: { user: me, password: secret }`";
    // A text here would be a secret: it is neither quoted nor shown.
    if matches!(place.node.value, Value::Text(_)) {
        let message = "`basic` takes a mapping, not a text".to_owned();
        reader.report(unseen(&place), message, format!("for example {EXAMPLE}"));
        return None;
    }
    let fields = Fields::of(place, EXAMPLE, reader)?;
    fields.check_keys(keys::BASIC, |key| keys::elsewhere(key, keys::BASIC), reader);
    let mut part = |key| match fields.get(key) {
        Some(place) => secret(&place, reader),
        None => {
            if fields.lacks(key, keys::BASIC) {
                let message = format!("`basic` has no `{key}`");
                reader.report(fields.name(), message, format!("for example {EXAMPLE}"));
            }
            None
        }
    };
    let (user, password) = (part("user"), part("password"));
    if user.as_ref().is_some_and(|user| user.contains(':'))
        && let Some(place) = fields.get("user")
    {
        let hint = "HTTP ends the user name there".to_owned();
        reader.report(unseen(&place), "`user` holds a colon", hint);
        return None;
    }
    Some(HttpAuth::Basic { user: user?, password: password? })
}

/// A text that may be secret: what is wrong with it is said without showing it.
fn secret(place: &Place<'_>, reader: &mut Reader) -> Option<String> {
    let fault = match &place.node.value {
        Value::Unreadable => return None,
        Value::Text(text) if is_header_text(text) => return Some(text.clone()),
        Value::Text(_) => "holds what no header may hold, such as a line break",
        Value::Nothing => "is empty",
        Value::Integer(_) | Value::Float(_) | Value::Bool(_) => "takes a text; put it in quotes",
        Value::List(_) | Value::Map(_) => "takes a text",
    };
    let spot = match place.node.value {
        Value::Nothing => place.name(),
        _ => unseen(place),
    };
    reader.report(spot, format!("`{}` {fault}", place.label), None);
    None
}

/// The place by its name alone: its line in the file is not shown.
fn unseen(place: &Place<'_>) -> Spot {
    Spot { path: place.path.clone(), span: None }
}

fn header_text(place: &Place<'_>, reader: &mut Reader) -> Option<String> {
    let text = values::text(place, "`user_agent: my-test`", reader)?;
    if !is_header_text(&text) {
        let message = format!("`{}` holds what no header may hold", place.label);
        reader.report(place.value(), message, "for example a line break".to_owned());
        return None;
    }
    Some(text)
}

fn is_header_text(text: &str) -> bool {
    HeaderValue::try_from(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn with(http: &str) -> Result<HttpOptions, String> {
        let text = format!(
            "http: {http}\nscenarios: {{a: {{executor: shared-iterations, operations: [{{balance: 1}}]}}}}"
        );
        let loaded = Scenario::from_yaml("a.yaml", &text);
        loaded.map(|loaded| loaded.scenario.http).map_err(|found| found.render(false, 100))
    }

    #[test]
    fn what_is_not_said_is_as_in_k6() {
        assert_eq!(with("{}"), Ok(HttpOptions::default()));
    }

    #[test]
    fn everything_can_be_said() {
        let options = with(
            "{ headers: { X-Tenant: blue }, basic: { user: me, password: 'pa:ss' }, redirects: 0, \
             cookies: true, keep_cookies: true, no_connection_reuse: true, \
             no_vu_connection_reuse: true, move_connections: false, user_agent: test/1, connect_timeout: 2s }",
        );
        let expected = HttpOptions {
            headers: [("X-Tenant".to_owned(), "blue".to_owned())].into(),
            auth: Some(HttpAuth::Basic { user: "me".into(), password: "pa:ss".into() }),
            redirects: 0,
            cookies: true,
            keep_cookies: true,
            no_connection_reuse: true,
            no_vu_connection_reuse: true,
            move_connections: false,
            user_agent: Some("test/1".into()),
            connect_timeout: Some(std::time::Duration::from_secs(2)),
        };
        assert_eq!(options, Ok(expected));
        let bearer = with("{ bearer: abc }").expect("valid").auth;
        assert_eq!(bearer, Some(HttpAuth::Bearer("abc".into())));
        assert!(!format!("{bearer:?}").contains("abc"));
    }

    #[test]
    fn secrets_are_not_shown_where_something_is_wrong_with_them() {
        for (http, said) in [
            ("{ bearer: 12345678 }", "`bearer` takes a text; put it in quotes"),
            ("{ bearer: \"12345678\\n\" }", "`bearer` holds what no header may hold"),
            ("{ basic: { user: me, password: 12345678 } }", "`password` takes a text"),
            ("{ basic: 'me:12345678' }", "`basic` takes a mapping"),
            ("{ basic: { user: 'me:12345678', password: x } }", "`user` holds a colon"),
            ("{ headers: { X-Key: 12345678 } }", "`X-Key` takes a text"),
        ] {
            let shown = with(http).expect_err(http);
            assert!(shown.contains(said) && !shown.contains("12345678"), "{shown}");
        }
    }
}
