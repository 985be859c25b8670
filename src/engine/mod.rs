//! Virtual users and what drives them. The engine prints nothing: it emits
//! [`Event`](crate::facts::Event)s and returns what it read.

mod clock;
mod http;
mod operate;
mod pacing;
mod planned;
mod program;
mod run;
mod service;
mod stop;
mod vu;
mod workload;

pub use clock::Clock;
pub use http::{
    Answer, Client, HttpDebug, Origin, Target, TargetError, Tls, TlsError, Transport,
    TransportError, plain,
};
pub use planned::Planned;
pub use program::{Behaviour, BoxFuture, Cut, Hooks, Program, WireRequest};
pub use run::{Run, RunError};
pub use service::{Prepared, Service};
pub use stop::{Stop, Stopped};
pub use vu::{Shared, Vu, VuSeat};
