use std::net::IpAddr;

use hyper::Request;
use hyper::header::{AUTHORIZATION, HOST, ORIGIN};

use super::error::HttpError;
use crate::model::{Secret, host_name, is_own_name, is_same_origin};

/// Set by browsers: how the asking page relates to this server.
const FETCH_SITE: &str = "sec-fetch-site";

/// Who may reset the accounts and read the metrics.
#[derive(Clone, Debug, Default)]
pub enum Access {
    /// Whoever is on this machine, pages of other origins excepted. A bank that
    /// others can reach does not start with it.
    #[default]
    Local,
    /// Whoever sends `Authorization: Bearer` and this.
    Token(Secret),
    /// Anyone.
    Open,
}

impl Access {
    /// For a server that listens on `own`.
    pub(super) fn admit<B>(&self, request: &Request<B>, own: IpAddr) -> Result<(), HttpError> {
        match self {
            Self::Open => Ok(()),
            Self::Token(token) => match bearer(request) {
                Some(given) if token.is(given) => Ok(()),
                _ => Err(HttpError::Unauthorized),
            },
            Self::Local => no_foreign_page(request, own),
        }
    }
}

/// What follows `Bearer`, whose letters may be large or small.
fn bearer<B>(request: &Request<B>) -> Option<&[u8]> {
    let given = request.headers().get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = given.split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

/// A browser sends what any page asks it to, to this machine, too. It says for
/// whom, and under which name it found the server: both are looked at. A client
/// that says neither is no browser.
fn no_foreign_page<B>(request: &Request<B>, own: IpAddr) -> Result<(), HttpError> {
    let header = |name: &str| {
        request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
    };
    let host = header(HOST.as_str()).unwrap_or_default();
    if !host.is_empty() && !is_own_name(host_name(&host), own) {
        return Err(HttpError::ForeignHost(host_name(&host).chars().take(100).collect()));
    }
    let foreign_origin = header(ORIGIN.as_str()).filter(|origin| !is_same_origin(origin, &host));
    let friendly = |site: &str| matches!(site, "same-origin" | "none");
    let foreign_site = header(FETCH_SITE).filter(|site| !friendly(site));
    match foreign_origin.or(foreign_site) {
        Some(foreign) => Err(HttpError::ForeignOrigin(foreign.chars().take(100).collect())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(access: &Access, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::post("/reset");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a request");
        match access.admit(&request, [127, 0, 0, 1].into()) {
            Ok(()) => 200,
            Err(refused) => refused.into_reply().status().as_u16(),
        }
    }

    #[test]
    fn a_token_has_to_be_the_token() {
        let access = Access::Token("s3cret".parse().expect("a token"));
        let with = |value| status(&access, &[("authorization", value)]);
        for right in ["Bearer s3cret", "bearer s3cret", "BEARER  s3cret "] {
            assert_eq!(with(right), 200, "{right}");
        }
        for wrong in ["", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret2", "Basic s3cret"] {
            assert_eq!(with(wrong), 401, "{wrong}");
        }
        assert_eq!(status(&access, &[]), 401);
        assert_eq!(status(&Access::Open, &[("host", "bank.example")]), 200);
    }

    #[test]
    fn without_one_no_page_of_another_origin_gets_in() {
        let local = |headers: &[_]| status(&Access::Local, headers);
        assert_eq!(local(&[]), 200, "no browser");
        for host in ["localhost:3000", "127.0.0.1:3000", "[::1]:3000"] {
            assert_eq!(local(&[("host", host)]), 200, "{host}");
        }
        for host in ["bank.example:3000", "10.0.0.1", "localhost.bank.example"] {
            assert_eq!(local(&[("host", host)]), 421, "{host}");
        }
        let host = ("host", "localhost:3000");
        assert_eq!(local(&[host, ("origin", "http://localhost:3000")]), 200);
        assert_eq!(local(&[host, ("sec-fetch-site", "none")]), 200, "typed by a person");
        for (name, value) in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert_eq!(local(&[host, (name, value)]), 403, "{name}: {value}");
        }
    }
}
