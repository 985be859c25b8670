use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT};

use super::origin::{basic, secret};
use super::{Client, HttpDebug, Proxies, Target, Tls};
use crate::scenario::{HttpAuth, HttpOptions};

/// How requests travel: what all clients of a run have in common. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Transport(pub(super) Arc<Settings>);

#[derive(Debug)]
pub(super) struct Settings {
    /// Sent to the target alone: they may be secrets.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// Sent to everybody.
    pub(super) user_agent: HeaderValue,
    /// Redirects followed at most; 0: none.
    pub(super) redirects: u32,
    pub(super) cookies: bool,
    pub(super) keep_cookies: bool,
    pub(super) no_connection_reuse: bool,
    pub(super) no_vu_connection_reuse: bool,
    move_connections: bool,
    /// `None`: as long as an answer.
    pub(super) connect_timeout: Option<Duration>,
    pub(super) tls: Tls,
    pub(super) proxies: Proxies,
    pub(super) debug: Option<HttpDebug>,
    /// Requests that were traced.
    pub(super) traced: Arc<AtomicU64>,
}

impl Transport {
    /// The error names the option that HTTP does not allow, without its value.
    pub fn new(
        options: &HttpOptions,
        tls: Tls,
        proxies: Proxies,
        debug: Option<HttpDebug>,
    ) -> Result<Self, String> {
        let mut headers = Vec::with_capacity(options.headers.len() + 1);
        for (name, value) in &options.headers {
            let invalid = || format!("the header `{name}` is not valid");
            let header = HeaderName::try_from(name).map_err(|_| invalid())?;
            headers.push((header, HeaderValue::try_from(value).map_err(|_| invalid())?));
        }
        let authorization = options.auth.as_ref().map(|auth| match auth {
            HttpAuth::Bearer(token) => {
                secret(&format!("Bearer {token}")).ok_or("the bearer token is not valid")
            }
            HttpAuth::Basic { user, password } => {
                basic(user, password).ok_or("user or password is not valid")
            }
        });
        if let Some(authorization) = authorization {
            headers.push((AUTHORIZATION, authorization?));
        }
        let user_agent = match &options.user_agent {
            Some(text) => HeaderValue::try_from(text).map_err(|_| "the user agent is not valid")?,
            None => HeaderValue::from_static(concat!("bankrun/", env!("CARGO_PKG_VERSION"))),
        };
        headers.retain(|(name, _)| options.user_agent.is_none() || name != USER_AGENT);
        Ok(Self(Arc::new(Settings {
            headers,
            user_agent,
            redirects: options.redirects,
            cookies: options.cookies,
            keep_cookies: options.keep_cookies,
            no_connection_reuse: options.no_connection_reuse,
            no_vu_connection_reuse: options.no_vu_connection_reuse,
            move_connections: options.move_connections,
            connect_timeout: options.connect_timeout,
            tls,
            proxies,
            debug,
            traced: Arc::default(),
        })))
    }

    /// A client of its own connections and cookies. `timeout` bounds each
    /// connection attempt and, separately, each answer.
    pub fn client(&self, target: Target, timeout: Duration) -> Client {
        Client::new(target, timeout, self.0.clone())
    }

    /// Whether a virtual user changes its connection now and then.
    pub(in super::super) fn moves_connections(&self) -> bool {
        self.0.move_connections
    }

    /// Whether any certificate is taken for good.
    pub fn is_blind(&self) -> bool {
        self.0.tls.is_blind()
    }
}

impl Default for Transport {
    fn default() -> Self {
        Self(Arc::new(Settings {
            headers: Vec::new(),
            user_agent: HeaderValue::from_static(concat!("bankrun/", env!("CARGO_PKG_VERSION"))),
            redirects: HttpOptions::REDIRECTS,
            cookies: true,
            keep_cookies: false,
            no_connection_reuse: false,
            no_vu_connection_reuse: false,
            move_connections: false,
            connect_timeout: None,
            tls: Tls::default(),
            proxies: Proxies::default(),
            debug: None,
            traced: Arc::default(),
        }))
    }
}
