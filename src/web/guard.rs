//! Who may ask: pages of other origins, and names that were made to point here,
//! may not.

use std::net::SocketAddr;

use hyper::Request;
use hyper::header::{HOST, ORIGIN};

use super::refusal::Refusal;
use crate::model::{Secret, host_name, is_own_name, is_same_origin};

/// The header that carries the token of the page.
pub(super) const TOKEN: &str = "x-bankrun-token";
/// Set by browsers: how the asking page relates to this one.
const FETCH_SITE: &str = "sec-fetch-site";

#[derive(Debug)]
pub(super) struct Guard {
    token: Secret,
    /// Names beside those of the loopback interface under which this is known.
    hosts: Vec<String>,
    listen: SocketAddr,
}

impl Guard {
    pub(super) fn new(token: Secret, hosts: Vec<String>, listen: SocketAddr) -> Self {
        Self { token, hosts, listen }
    }

    pub(super) fn token(&self) -> &str {
        self.token.reveal()
    }

    /// Every request names a host that is ours: else another name was made to
    /// point here (DNS rebinding), and its pages must not read anything.
    pub(super) fn may_ask<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let host = header(request, HOST.as_str()).or(request.uri().authority().map(|a| a.as_str()));
        match host {
            Some(host) if self.is_ours(host_name(host)) => Ok(()),
            Some(host) => Err(Refusal::ForeignHost(host_name(host).to_owned())),
            None => Err(Refusal::NoHost),
        }
    }

    /// What changes something comes from our own page.
    pub(super) fn may_change<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let host = header(request, HOST.as_str()).unwrap_or_default();
        if let Some(origin) =
            header(request, ORIGIN.as_str()).filter(|origin| !is_same_origin(origin, host))
        {
            return Err(Refusal::ForeignOrigin(origin.to_owned()));
        }
        if let Some(site) = header(request, FETCH_SITE).filter(|site| *site != "same-origin") {
            return Err(Refusal::ForeignOrigin(site.to_owned()));
        }
        let token = header(request, TOKEN).unwrap_or_default();
        if !self.token.is(token.as_bytes()) {
            return Err(Refusal::NoToken);
        }
        Ok(())
    }

    fn is_ours(&self, name: &str) -> bool {
        is_own_name(name, self.listen.ip())
            || self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name))
    }
}

fn header<'a, B>(request: &'a Request<B>, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn guard(listen: IpAddr) -> Guard {
        Guard::new(
            "secret".parse().expect("a token"),
            vec!["ci.example".into()],
            (listen, 8089).into(),
        )
    }

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::post("/api/runs");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request")
    }

    #[test]
    fn names_that_are_ours() {
        let asks = |guard: &Guard, host| guard.may_ask(&request(&[("host", host)])).is_ok();
        let guard_here = guard(Ipv4Addr::LOCALHOST.into());
        for host in ["localhost:8089", "LOCALHOST", "127.0.0.1:1", "[::1]:8089", "ci.example:80"] {
            assert!(asks(&guard_here, host), "{host}");
        }
        for host in ["evil.example:8089", "10.0.0.1:8089", "localhost.evil.example", "0.0.0.0", ""]
        {
            assert!(!asks(&guard_here, host), "{host}");
        }
        assert!(guard_here.may_ask(&request(&[])).is_err());
        assert!(!asks(&guard(Ipv4Addr::UNSPECIFIED.into()), "0.0.0.0:8089"));
        assert!(asks(&guard([10, 0, 0, 7].into()), "10.0.0.7:8089"));
    }

    #[test]
    fn changes_come_from_our_own_page() {
        let guard = guard(Ipv4Addr::LOCALHOST.into());
        let own = [("host", "localhost:8089"), ("x-bankrun-token", "secret")];
        let with = |name, value| [own[0], own[1], (name, value)];
        assert_eq!(guard.may_change(&request(&own)), Ok(()));
        assert_eq!(guard.may_change(&request(&with("origin", "http://localhost:8089"))), Ok(()));
        assert_eq!(guard.may_change(&request(&with("sec-fetch-site", "same-origin"))), Ok(()));
        for (name, value) in [
            ("origin", "http://evil.example"),
            ("origin", "http://localhost:3000"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let refused = guard.may_change(&request(&with(name, value)));
            assert_eq!(refused, Err(Refusal::ForeignOrigin(value.into())));
        }
        for token in ["", "secre", "Secret", "secret2"] {
            let with = [own[0], ("x-bankrun-token", token)];
            assert_eq!(guard.may_change(&request(&with)), Err(Refusal::NoToken));
        }
    }
}
