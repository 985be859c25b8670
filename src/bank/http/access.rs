use std::borrow::Cow;
use std::net::IpAddr;

use hyper::Request;
use hyper::header::{AUTHORIZATION, HOST, ORIGIN};

use super::error::HttpError;
use crate::model::{Secret, host_name, is_out_of_strangers_reach, is_own_name, is_same_origin};

/// Set by browsers: how the asking page relates to this server.
const FETCH_SITE: &str = "sec-fetch-site";

/// Who may reset the accounts and read the metrics. Pages of other origins may
/// change no balance, whoever else may.
#[derive(Clone, Debug, Default)]
pub enum Access {
    /// Whoever is on this machine. A bank that others can reach does not start with
    /// it.
    #[default]
    Local,
    /// Whoever sends `Authorization: Bearer` and this.
    Token(Secret),
    /// Anyone.
    Open,
}

impl Access {
    /// To what is for friends, on a server that listens on `own`.
    pub(super) fn admit<B>(&self, request: &Request<B>, own: IpAddr) -> Result<(), HttpError> {
        match self {
            Self::Open => Ok(()),
            Self::Token(token) if is_bearer(request, token) => Ok(()),
            Self::Token(_) => Err(HttpError::Unauthorized),
            Self::Local => self.keep_out_pages(request, own),
        }
    }

    /// From what changes balances, whoever else may: a browser sends what any page
    /// asks it to, to this machine and to its network, too. It says for whom, and
    /// under which name it found the server: both are looked at. A client that says
    /// neither is no browser.
    ///
    /// On the loopback interface a server has no names but those of this machine.
    /// Others may have any; there only a browser's is looked at, since a page can
    /// make its own name point here, and is of the same origin then.
    pub(super) fn keep_out_pages<B>(
        &self,
        request: &Request<B>,
        own: IpAddr,
    ) -> Result<(), HttpError> {
        let host = header(request, HOST.as_str()).unwrap_or_default();
        let origin = header(request, ORIGIN.as_str());
        let name = host_name(&host);
        let is_known = match self {
            Self::Local => name.is_empty() || is_own_name(name, own),
            Self::Token(token) if is_bearer(request, token) => true,
            Self::Token(_) | Self::Open => origin.is_none() || is_out_of_strangers_reach(name, own),
        };
        if !is_known {
            return Err(HttpError::ForeignHost(name.chars().take(100).collect()));
        }
        let foreign_origin = origin.filter(|origin| !is_same_origin(origin, &host));
        let friendly = |site: &str| matches!(site, "same-origin" | "none");
        let foreign_site = || header(request, FETCH_SITE).filter(|site| !friendly(site));
        match foreign_origin.or_else(foreign_site) {
            Some(foreign) => Err(HttpError::ForeignOrigin(foreign.chars().take(100).collect())),
            None => Ok(()),
        }
    }
}

/// Whether a request has that token.
fn is_bearer<B>(request: &Request<B>, token: &Secret) -> bool {
    bearer(request).is_some_and(|given| token.is(given))
}

fn header<'a, B>(request: &'a Request<B>, name: &str) -> Option<Cow<'a, str>> {
    request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
}

/// What follows `Bearer`, whose letters may be large or small.
fn bearer<B>(request: &Request<B>) -> Option<&[u8]> {
    let given = request.headers().get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = given.split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::post("/reset");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request")
    }

    fn status(answered: Result<(), HttpError>) -> u16 {
        match answered {
            Ok(()) => 200,
            Err(refused) => refused.into_reply().status().as_u16(),
        }
    }

    fn token() -> Access {
        Access::Token("s3cret".parse().expect("a token"))
    }

    #[test]
    fn a_token_has_to_be_the_token() {
        let access = token();
        let admitted =
            |access: &Access, headers: &[_]| status(access.admit(&request(headers), HERE));
        let with = |value| admitted(&access, &[("authorization", value)]);
        for right in ["Bearer s3cret", "bearer s3cret", "BEARER  s3cret "] {
            assert_eq!(with(right), 200, "{right}");
        }
        for wrong in ["", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret2", "Basic s3cret"] {
            assert_eq!(with(wrong), 401, "{wrong}");
        }
        assert_eq!(admitted(&access, &[]), 401);
        assert_eq!(admitted(&Access::Open, &[("host", "bank.example")]), 200);
    }

    #[test]
    fn on_the_loopback_interface_no_page_of_another_origin_gets_in() {
        let local = |headers: &[_]| {
            let request = request(headers);
            let answers = [
                status(Access::Local.admit(&request, HERE)),
                status(Access::Local.keep_out_pages(&request, HERE)),
            ];
            assert_eq!(answers[0], answers[1], "{headers:?}");
            answers[0]
        };
        assert_eq!(local(&[]), 200, "no browser");
        for host in ["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "host.docker.internal:3000"]
        {
            assert_eq!(local(&[("host", host)]), 200, "{host}");
        }
        for host in ["bank.example:3000", "10.0.0.1", "localhost.bank.example"] {
            assert_eq!(local(&[("host", host)]), 421, "{host}");
        }
        let host = ("host", "localhost:3000");
        assert_eq!(local(&[host, ("origin", "http://localhost:3000")]), 200);
        assert_eq!(local(&[host, ("sec-fetch-site", "none")]), 200, "typed by a person");
        for (name, value) in FOREIGN {
            assert_eq!(local(&[host, (name, value)]), 403, "{name}: {value}");
        }
    }

    const FOREIGN: [(&str, &str); 4] = [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];

    /// Names of all kinds lead to such a server, and pages come from anywhere.
    #[test]
    fn elsewhere_no_page_of_another_origin_changes_anything() {
        for access in [Access::Open, token()] {
            let answer =
                |headers: &[(&str, &str)]| status(access.keep_out_pages(&request(headers), HERE));
            for host in ["server:3000", "bank.example", "10.0.0.1:3000", "localhost:3000"] {
                let host = ("host", host);
                assert_eq!(answer(&[host]), 200, "{host:?}");
                for foreign in FOREIGN {
                    let refused = answer(&[host, foreign]);
                    assert!([403, 421].contains(&refused), "{host:?} {foreign:?}: {refused}");
                }
            }
            for host in ["server:3000", "10.0.0.1:3000", "localhost:3000"] {
                let origin = format!("http://{host}");
                assert_eq!(answer(&[("host", host), ("origin", &origin)]), 200, "{host}");
            }
            let rebound = [("host", "evil.example:3000"), ("origin", "http://evil.example:3000")];
            assert_eq!(answer(&rebound), 421);
        }
        let known = [
            ("host", "a.example"),
            ("origin", "http://a.example"),
            ("authorization", "Bearer s3cret"),
        ];
        assert_eq!(status(token().keep_out_pages(&request(&known), HERE)), 200);
    }
}
