use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How requests travel: the mapping `http:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// Sent with every request to the target that does not say otherwise.
    pub headers: BTreeMap<String, String>,
    pub auth: Option<HttpAuth>,
    /// Redirects followed at most; 0: none.
    pub redirects: u32,
    /// Whether cookies are kept and sent back.
    pub cookies: bool,
    /// Whether they outlive an iteration.
    pub keep_cookies: bool,
    /// A new connection for every request.
    pub no_connection_reuse: bool,
    /// New connections for every iteration.
    pub no_vu_connection_reuse: bool,
    /// Virtual users change their connection now and then, so that they meet at
    /// different workers of the service.
    pub move_connections: bool,
    pub user_agent: Option<String>,
    /// How long a connection attempt may take. `None`: as long as an answer.
    pub connect_timeout: Option<Duration>,
}

/// Who asks; sent to the target alone.
#[derive(Clone, PartialEq, Eq)]
pub enum HttpAuth {
    Bearer(String),
    Basic { user: String, password: String },
}

impl HttpOptions {
    /// Redirects followed where nothing is said, as in k6.
    pub const REDIRECTS: u32 = 10;
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            headers: BTreeMap::new(),
            auth: None,
            redirects: Self::REDIRECTS,
            cookies: true,
            keep_cookies: false,
            no_connection_reuse: false,
            no_vu_connection_reuse: false,
            move_connections: true,
            user_agent: None,
            connect_timeout: None,
        }
    }
}

/// Without what is secret.
impl fmt::Debug for HttpAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "Bearer(***)",
            Self::Basic { .. } => "Basic(***)",
        })
    }
}
