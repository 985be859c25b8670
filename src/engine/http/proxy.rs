//! Proxies, as the environment names them: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
//! `NO_PROXY`, also in small letters, read as curl and Go read them.

use std::net::IpAddr;

use hyper::Uri;
use hyper::header::HeaderValue;
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Origin;
use super::connection::plain;
use super::origin::credentials_in;

/// Of what a proxy says before it passes things on.
const LONGEST: usize = 16 * 1024;

/// Which proxy leads to which origin. Services on this machine are reached directly,
/// whatever the environment says.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Named>,
    https: Option<Named>,
    /// Those that are reached directly.
    direct: Vec<Rule>,
}

/// A proxy, and the variable that names it.
#[derive(Clone, Debug)]
struct Named {
    variable: &'static str,
    proxy: Result<Proxy, ProxyError>,
}

/// One that speaks HTTP. Shown without user name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) origin: Origin,
    pub(super) authorization: Option<HeaderValue>,
}

/// Why a proxy cannot be used. Messages hold no password.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(super) enum ProxyError {
    #[error("it is not the URL of a proxy, such as http://proxy:3128")]
    NotAUrl,
    #[error("it names a proxy by {0}://, and only http:// is supported")]
    Scheme(String),
}

/// What `NO_PROXY` lists.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Everything,
    /// A host, and all below it.
    Host {
        name: String,
        port: Option<u16>,
    },
    /// `10.0.0.0/8`
    Network {
        address: IpAddr,
        bits: u8,
    },
}

impl Proxies {
    /// `variable`: the value of an environment variable.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let named = |names: [&'static str; 4]| {
            names.into_iter().find_map(|name| {
                let proxy = Proxy::read(value(name)?.trim());
                Some(Named { variable: name, proxy })
            })
        };
        let direct = value("no_proxy").or_else(|| value("NO_PROXY")).unwrap_or_default();
        Self {
            http: named(["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
            https: named(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            direct: direct.split([',', ' ']).filter_map(Rule::read).collect(),
        }
    }

    /// The proxy that leads to an origin. The error is for a person.
    pub(super) fn to(&self, origin: &Origin) -> Result<Option<&Proxy>, String> {
        if origin.is_loopback() || self.direct.iter().any(|rule| rule.is_for(origin)) {
            return Ok(None);
        }
        let named = if origin.is_secure() { &self.https } else { &self.http };
        let Some(Named { variable, proxy }) = named else { return Ok(None) };
        proxy.as_ref().map(Some).map_err(|error| {
            format!("{variable} is set, and {error}; NO_PROXY says what is reached without it")
        })
    }
}

impl Proxy {
    fn read(text: &str) -> Result<Self, ProxyError> {
        // curl takes a host and port alone.
        let text = match text.contains("://") {
            true => text.to_owned(),
            false => format!("http://{text}"),
        };
        let uri: Uri = text.parse().map_err(|_| ProxyError::NotAUrl)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some(other) => return Err(ProxyError::Scheme(other.to_owned())),
            None => return Err(ProxyError::NotAUrl),
        }
        let origin = Origin::of(&uri).map_err(|_| ProxyError::NotAUrl)?;
        Ok(Self { origin, authorization: uri.authority().and_then(credentials_in) })
    }

    /// The error is for a person.
    pub(super) async fn connect(&self) -> Result<TcpStream, String> {
        let address = (self.origin.host(), self.origin.port());
        TcpStream::connect(address).await.map_err(|error| {
            format!("the proxy {} cannot be reached: {}", self.origin, plain(&error))
        })
    }

    /// Has it pass on whatever is said from now on (RFC 9110, section 9.3.6).
    pub(super) async fn tunnel(
        &self,
        mut stream: TcpStream,
        to: &Origin,
    ) -> Result<TcpStream, String> {
        let there = match to.host().contains(':') {
            true => format!("[{}]:{}", to.host(), to.port()),
            false => format!("{}:{}", to.host(), to.port()),
        };
        let mut asked = format!("CONNECT {there} HTTP/1.1\r\nhost: {there}\r\n").into_bytes();
        if let Some(authorization) = &self.authorization {
            asked.extend_from_slice(b"proxy-authorization: ");
            asked.extend_from_slice(authorization.as_bytes());
            asked.extend_from_slice(b"\r\n");
        }
        asked.extend_from_slice(b"\r\n");
        let broken =
            |error: std::io::Error| format!("the proxy {}: {}", self.origin, plain(&error));
        stream.write_all(&asked).await.map_err(broken)?;
        // Byte by byte: what comes after the head is no longer the proxy's.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST {
            let byte = stream.read_u8().await.map_err(broken)?;
            head.push(byte);
        }
        let head = String::from_utf8_lossy(&head);
        let line = head.lines().next().unwrap_or_default();
        let status = line.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
        match status {
            Some(200..300) => Ok(stream),
            Some(407) => Err(format!(
                "the proxy {} wants a user name and a password: http://user:password@host:port",
                self.origin
            )),
            Some(_) | None => {
                let said: String = line.chars().filter(|it| !it.is_control()).take(80).collect();
                Err(format!("the proxy {} does not lead to {there}: {said}", self.origin))
            }
        }
    }
}

impl Rule {
    /// `None`: nothing is there.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text == "*" {
            return Some(Self::Everything);
        }
        if let Some((address, bits)) = text.split_once('/')
            && let (Ok(address), Ok(bits)) = (address.parse(), bits.parse())
        {
            return Some(Self::Network { address, bits });
        }
        let (name, port) = match text.rsplit_once(':') {
            // An IPv6 address has several.
            Some((name, port)) if !name.contains(':') || name.ends_with(']') => {
                (name, Some(port.parse().ok()?))
            }
            Some(_) | None => (text, None),
        };
        let name = name.trim_start_matches("*.").trim_start_matches('.');
        let name = name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        (!name.is_empty()).then_some(Self::Host { name, port })
    }

    fn is_for(&self, origin: &Origin) -> bool {
        match self {
            Self::Everything => true,
            Self::Host { name, port } => {
                let host = origin.host();
                let is_below = host.strip_suffix(name.as_str()).is_some_and(|it| it.ends_with('.'));
                (host == name || is_below) && port.is_none_or(|port| port == origin.port())
            }
            Self::Network { address, bits } => {
                origin.host().parse().is_ok_and(|host| is_within(host, *address, *bits))
            }
        }
    }
}

fn is_within(host: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (host, network, most) = match (host, network) {
        (IpAddr::V4(host), IpAddr::V4(network)) => {
            (u128::from(host.to_bits()), u128::from(network.to_bits()), 32)
        }
        (IpAddr::V6(host), IpAddr::V6(network)) => (host.to_bits(), network.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    let rest = u32::from(u8::min(bits, most)).abs_diff(most.into());
    host.checked_shr(rest).unwrap_or_default() == network.checked_shr(rest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::of(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn origin(url: &str) -> Origin {
        Origin::of(&url.parse().expect("a URL")).expect("an origin")
    }

    fn leads(proxies: &Proxies, url: &str) -> Option<String> {
        let proxy = proxies.to(&origin(url)).expect("a proxy that can be used");
        proxy.map(|proxy| proxy.origin.authority())
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let both = proxies(&[("HTTP_PROXY", "http://a:1"), ("https_proxy", "b:2")]);
        assert_eq!(leads(&both, "http://x.example").as_deref(), Some("a:1"));
        assert_eq!(leads(&both, "https://x.example").as_deref(), Some("b:2"));
        let all = proxies(&[("ALL_PROXY", "http://c"), ("HTTP_PROXY", ""), ("http_proxy", "d:4")]);
        assert_eq!(leads(&all, "http://x.example").as_deref(), Some("d:4"));
        assert_eq!(leads(&all, "https://x.example").as_deref(), Some("c"));
        assert_eq!(leads(&Proxies::default(), "http://x.example"), None);
    }

    #[test]
    fn what_is_on_this_machine_is_reached_directly() {
        let all = proxies(&[("ALL_PROXY", "http://c:1")]);
        for url in ["http://localhost", "http://127.0.0.1:8080", "https://[::1]"] {
            assert_eq!(leads(&all, url), None, "{url}");
        }
    }

    #[test]
    fn hosts_can_be_left_out() {
        let with = |list: &str| proxies(&[("ALL_PROXY", "http://c:1"), ("NO_PROXY", list)]);
        for (list, url, is_direct) in [
            ("*", "http://x.example", true),
            ("x.example", "http://x.example", true),
            ("x.example", "http://a.x.example", true),
            (".x.example", "http://a.x.example", true),
            ("*.x.example", "http://a.x.example", true),
            ("x.example", "http://ax.example", false),
            ("a, x.example:8080", "http://x.example:8080", true),
            ("a, x.example:8080", "http://x.example", false),
            ("10.0.0.0/8", "http://10.9.8.7", true),
            ("10.0.0.0/8", "http://11.9.8.7", false),
            ("0.0.0.0/0", "http://11.9.8.7", true),
            ("192.168.1.1", "http://192.168.1.1", true),
            ("fd00::/8", "http://[fd12::1]", true),
            ("fd00::1", "http://[fd00::1]", true),
            ("[fd00::1]:80", "http://[fd00::1]", true),
            ("fd00::/8", "http://10.0.0.1", false),
            ("", "http://x.example", false),
            (" , ,", "http://x.example", false),
        ] {
            assert_eq!(leads(&with(list), url).is_none(), is_direct, "{list}: {url}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_without_its_password() {
        for (value, says) in [
            ("socks5://me:secret@h:1", "by socks5://, and only http:// is supported"),
            ("https://me:secret@h:1", "by https://"),
            ("http://me:secret@h:x", "not the URL of a proxy"),
            ("http://", "not the URL of a proxy"),
        ] {
            let all = proxies(&[("ALL_PROXY", value)]);
            let error = all.to(&origin("http://x.example")).expect_err(value);
            assert!(error.contains(says) && error.contains("ALL_PROXY"), "{error}");
            assert!(!error.contains("secret"), "{error}");
            // Whoever is not asked for it never hears of it.
            assert_eq!(leads(&all, "http://localhost"), None);
        }
        let shown = format!("{:?}", proxies(&[("ALL_PROXY", "http://me:secret@h:1")]));
        assert!(!shown.contains("secret") && !shown.contains("bWU6"), "{shown}");
    }
}
