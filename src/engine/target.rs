use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::Uri;
use thiserror::Error;

/// Where the requests of a run go: `http://host[:port][/base]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    host: String,
    port: u16,
    /// Prefix of every path; empty or `/like/this`.
    base: String,
}

#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TargetError {
    #[error("`{0}` is not a URL such as http://localhost:3000")]
    NotAUrl(String),
    #[error("`{0}` has no scheme; did you mean http://{0} ?")]
    NoScheme(String),
    #[error("{scheme}:// targets are not supported by this version, only http://")]
    Scheme { scheme: String },
    #[error("the target URL carries a user name or password, which this version does not send")]
    Credentials,
    #[error("the target URL `{0}` has a query; give the address of the service alone")]
    Query(String),
}

impl Target {
    /// A service on this machine, by name: IPv6 or IPv4, whichever answers.
    pub fn localhost(port: u16) -> Self {
        Self { host: "localhost".into(), port, base: String::new() }
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What stands before every path of the service: empty or `/like/this`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The `Host` header.
    pub fn authority(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == 80 { host } else { format!("{host}:{}", self.port) }
    }

    /// The path on the wire of a path of the service.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Whether the service is on this machine, so that a reset harms no one else.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if !text.contains("://") {
            let with_scheme = format!("http://{text}");
            return Err(match Self::from_str(&with_scheme) {
                Ok(_) => TargetError::NoScheme(text.into()),
                Err(_) => TargetError::NotAUrl(text.into()),
            });
        }
        let uri: Uri = text.parse().map_err(|_| TargetError::NotAUrl(text.into()))?;
        let scheme = uri.scheme_str().unwrap_or_default();
        if scheme != "http" {
            return Err(TargetError::Scheme { scheme: scheme.into() });
        }
        let authority = uri.authority().ok_or_else(|| TargetError::NotAUrl(text.into()))?;
        if authority.as_str().contains('@') {
            return Err(TargetError::Credentials);
        }
        if uri.query().is_some() {
            return Err(TargetError::Query(text.into()));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() || authority.as_str().ends_with(':') {
            return Err(TargetError::NotAUrl(text.into()));
        }
        Ok(Self {
            host,
            port: authority.port_u16().unwrap_or(80),
            base: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority(), self.base)
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

        let base = target("http://bank.example/api/v1/").expect("a target");
        assert_eq!((base.port(), base.path("/reset").as_str()), (80, "/api/v1/reset"));
        assert!(!base.is_loopback());

        let six = target("http://[::1]:8080").expect("a target");
        assert_eq!((six.host(), six.authority().as_str()), ("::1", "[::1]:8080"));
        assert!(six.is_loopback());
    }

    #[test]
    fn refuses_what_it_could_not_reach_and_says_why() {
        assert_eq!(target("localhost:3000"), Err(TargetError::NoScheme("localhost:3000".into())));
        assert_eq!(target("https://x"), Err(TargetError::Scheme { scheme: "https".into() }));
        assert_eq!(target("http://me:secret@x/"), Err(TargetError::Credentials));
        assert_eq!(target("http://x/?a=1"), Err(TargetError::Query("http://x/?a=1".into())));
        for text in ["", "http://", "http:// x", "not a url"] {
            assert_eq!(target(text), Err(TargetError::NotAUrl(text.into())), "{text:?}");
        }
    }
}
