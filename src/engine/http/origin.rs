use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::Authority;
use percent_encoding::percent_decode_str;

/// Scheme, host and port: what a connection leads to, and what cookies and
/// credentials are meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    is_secure: bool,
    /// In small letters; an IPv6 address without its brackets.
    host: String,
    port: u16,
}

/// What is wrong with a URL that should name an origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoOrigin {
    Scheme(String),
    Host,
}

impl Origin {
    pub(super) fn http(host: &str, port: u16) -> Self {
        Self { is_secure: false, host: host.to_owned(), port }
    }

    /// The origin of an absolute URL.
    pub(super) fn of(uri: &Uri) -> Result<Self, NoOrigin> {
        let is_secure = match uri.scheme_str().unwrap_or_default() {
            "http" => false,
            "https" => true,
            other => return Err(NoOrigin::Scheme(other.to_owned())),
        };
        let authority = uri.authority().ok_or(NoOrigin::Host)?;
        let host = authority.host();
        let after = authority.as_str().rsplit('@').next().and_then(|text| text.strip_prefix(host));
        let port = match after.unwrap_or_default().strip_prefix(':') {
            None => standard_port(is_secure),
            // What is no number may be a password with a slash in it.
            Some(port) => port.parse().map_err(|_| NoOrigin::Host)?,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() { Err(NoOrigin::Host) } else { Ok(Self { is_secure, host, port }) }
    }

    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }

    /// The `Host` header: the port only where it is not the usual one.
    pub fn authority(&self) -> String {
        match (self.host.contains(':'), self.port == standard_port(self.is_secure)) {
            (false, true) => self.host.clone(),
            (false, false) => format!("{}:{}", self.host, self.port),
            (true, true) => format!("[{}]", self.host),
            (true, false) => format!("[{}]:{}", self.host, self.port),
        }
    }

    /// Whether it is on this machine, as far as its name tells.
    pub fn is_loopback(&self) -> bool {
        let is_loopback = |ip: IpAddr| ip.to_canonical().is_loopback();
        self.host == "localhost" || self.host.parse().is_ok_and(is_loopback)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme(), self.authority())
    }
}

fn standard_port(is_secure: bool) -> u16 {
    if is_secure { 443 } else { 80 }
}

/// The `Authorization` header of a URL with `user:password@`, which may be
/// percent-encoded.
pub(super) fn credentials_in(authority: &Authority) -> Option<HeaderValue> {
    let (credentials, _) = authority.as_str().rsplit_once('@')?;
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy();
    basic(&decoded(user), &decoded(password))
}

/// `Basic ...`, kept out of debug output.
pub(super) fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    secret(&format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
}

/// A header value that debug output does not show. `None`: HTTP does not allow it.
pub(super) fn secret(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Result<Origin, NoOrigin> {
        Origin::of(&url.parse().expect("a URL"))
    }

    #[test]
    fn the_usual_port_is_not_said() {
        for (url, shown) in [
            ("https://Example.com", "https://example.com"),
            ("https://example.com:443/a?b", "https://example.com"),
            ("https://example.com:80", "https://example.com:80"),
            ("http://example.com:443", "http://example.com:443"),
            ("https://[::1]", "https://[::1]"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(origin(url).expect("an origin").to_string(), shown);
        }
        assert_eq!(origin("ftp://x"), Err(NoOrigin::Scheme("ftp".into())));
        assert_eq!(origin("/path"), Err(NoOrigin::Scheme(String::new())));
    }

    #[test]
    fn this_machine_is_known_by_its_names_alone() {
        for url in ["http://localhost", "https://LOCALHOST:1", "http://127.9.9.9", "https://[::1]"]
        {
            assert!(origin(url).expect("an origin").is_loopback(), "{url}");
        }
        assert!(origin("http://[::ffff:127.0.0.1]").expect("an origin").is_loopback());
        for url in ["http://localhost@other", "http://localhost.other", "http://[::2]"] {
            assert!(!origin(url).expect("an origin").is_loopback(), "{url}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_kept_out_of_sight() {
        let of = |url: &str| credentials_in(url.parse::<Uri>().expect("a URL").authority()?);
        let header = of("http://Aladdin:open%20sesame@host").expect("credentials");
        assert_eq!(header, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(!format!("{header:?}").contains("QWxh"));
        assert_eq!(of("http://me@host").expect("a user"), basic("me", "").expect("a header"));
        assert_eq!(of("http://host"), None);
    }
}
