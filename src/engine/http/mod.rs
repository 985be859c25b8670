//! HTTP/1.1 as a virtual user speaks it: connections kept alive, TLS, redirects,
//! cookies. Nothing is judged here; what counts is whether a request was sent.

mod answer;
mod client;
mod coding;
mod connection;
mod cookies;
mod debug;
mod location;
mod origin;
mod patience;
mod proxy;
mod redirect;
mod target;
mod tls;
mod tls_error;
mod transport;
mod wire;

pub use answer::{Answer, TransportError};
pub use client::Client;
pub(super) use coding::unpacked;
pub use connection::plain;
pub use cookies::Cookies;
pub use debug::HttpDebug;
pub(super) use location::UNSAFE;
pub use origin::Origin;
pub use proxy::Proxies;
pub use target::{Target, TargetError};
pub use tls::{Identity, Tls, TlsError};
pub use transport::Transport;
