use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::header::HeaderValue;
use thiserror::Error;

use super::Origin;
use super::origin::{NoOrigin, credentials_in};
use crate::model::without_values;

/// Where the requests of a run go: `http[s]://[user:password@]host[:port][/base]`.
/// Shown without user name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    origin: Origin,
    /// Prefix of every path; empty or `/like/this`.
    base: String,
    /// The header that says who asks.
    authorization: Option<HeaderValue>,
}

/// Messages hold no user name and no password.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TargetError {
    #[error("`{0}` is not a URL such as http://localhost:3000")]
    NotAUrl(String),
    #[error("`{0}` has no scheme; did you mean http://{0} ?")]
    NoScheme(String),
    #[error("{scheme}:// is not supported, only http:// and https://")]
    Scheme { scheme: String },
    #[error("the target URL `{0}` has a query; give the address of the service alone")]
    Query(String),
}

impl Target {
    /// A service on this machine, by name: IPv6 or IPv4, whichever answers.
    pub fn localhost(port: u16) -> Self {
        Self { origin: Origin::http("localhost", port), base: String::new(), authorization: None }
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    pub fn host(&self) -> &str {
        self.origin.host()
    }

    pub fn port(&self) -> u16 {
        self.origin.port()
    }

    /// What stands before every path of the service: empty or `/like/this`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The `Host` header.
    pub fn authority(&self) -> String {
        self.origin.authority()
    }

    /// The path on the wire of a path of the service.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Whether the service is on this machine, so that a reset harms no one else.
    pub fn is_loopback(&self) -> bool {
        self.origin.is_loopback()
    }

    /// Whether its URL carries a user name, which is never shown.
    pub fn has_credentials(&self) -> bool {
        self.authorization.is_some()
    }

    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let not_a_url = || TargetError::NotAUrl(without_values(text));
        if !text.contains("://") {
            let with_scheme = format!("http://{text}");
            return Err(match Self::from_str(&with_scheme) {
                Ok(_) => TargetError::NoScheme(without_values(text)),
                Err(_) => not_a_url(),
            });
        }
        let uri: Uri = text.parse().map_err(|_| not_a_url())?;
        let origin = Origin::of(&uri).map_err(|fault| match fault {
            NoOrigin::Scheme(scheme) => TargetError::Scheme { scheme },
            NoOrigin::Host => not_a_url(),
        })?;
        if uri.query().is_some() {
            return Err(TargetError::Query(without_values(text)));
        }
        Ok(Self {
            origin,
            base: uri.path().trim_end_matches('/').to_owned(),
            authorization: uri.authority().and_then(credentials_in),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<Target, TargetError> {
        text.parse()
    }

    #[test]
    fn reads_hosts_ports_and_bases() {
        let local = target("http://localhost:3000/").expect("a target");
        assert_eq!(local.to_string(), "http://localhost:3000");
        assert_eq!(local.path("/reset"), "/reset");
        assert!(local.is_loopback());

        let base = target("https://bank.example/api/v1/").expect("a target");
        assert_eq!((base.port(), base.path("/reset").as_str()), (443, "/api/v1/reset"));
        assert!(base.origin().is_secure() && !base.is_loopback());

        let six = target("http://[::1]:8080").expect("a target");
        assert_eq!((six.host(), six.authority().as_str()), ("::1", "[::1]:8080"));
        assert!(six.is_loopback());
    }

    #[test]
    fn credentials_are_never_shown() {
        let target = target("https://me:secret@bank.example/api").expect("a target");
        assert_eq!(target.to_string(), "https://bank.example/api");
        assert!(target.has_credentials());
        let shown = format!("{target:?}");
        assert!(!shown.contains("secret") && !shown.contains("bWU6"), "{shown}");
        for text in [
            "http://me:secret@x/?a=1",
            "http://x/?a=secret",
            "me:secret@host",
            "ftp://me:secret@x",
            "me:sec ret@x",
            "http:// x/?secret",
        ] {
            let error = text.parse::<Target>().expect_err("no target").to_string();
            assert!(!error.contains("secret") && !error.contains("sec ret"), "{error}");
        }
    }

    #[test]
    fn refuses_what_it_could_not_reach_and_says_why() {
        assert_eq!(target("localhost:3000"), Err(TargetError::NoScheme("localhost:3000".into())));
        assert_eq!(target("ftp://x"), Err(TargetError::Scheme { scheme: "ftp".into() }));
        assert_eq!(target("http://x/?a=1"), Err(TargetError::Query("http://x/?a=***".into())));
        for text in ["", "http://", "http:// x", "not a url", "http://x:y", "http://x:70000"] {
            assert_eq!(target(text), Err(TargetError::NotAUrl(text.into())), "{text:?}");
        }
    }
}
