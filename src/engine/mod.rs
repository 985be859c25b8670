//! Virtual users and what drives them. The engine prints nothing: it emits
//! [`Event`](crate::facts::Event)s and returns what it read.

mod answers;
mod books;
mod client;
mod clock;
mod declared;
mod invariants;
mod operate;
mod pacing;
mod planned;
mod prepared;
mod program;
mod resolve;
mod run;
mod seen;
mod service;
mod stop;
mod tally;
mod target;
mod vu;
mod workload;

pub use client::{Answer, Client, TransportError, plain};
pub use clock::Clock;
pub use planned::{Planned, workload_tags};
pub use prepared::Prepared;
pub use program::{Behaviour, BoxFuture, Cut, Ended, Hooks, Outturn, Program, WireRequest};
pub use run::{Run, RunError};
pub use service::Service;
pub use stop::{Stop, Stopped};
pub use tally::{Standing, Tally};
pub use target::{Target, TargetError};
pub use vu::{PlainRequest, Shared, Vu, VuSeat};
