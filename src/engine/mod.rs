//! Virtual users and what drives them. The engine prints nothing: it emits
//! [`Event`](crate::facts::Event)s and returns what it read.

mod alarm;
mod arrival;
mod client;
mod clock;
mod crew;
mod looping;
mod operate;
mod pacing;
mod planned;
mod program;
mod ramping;
mod run;
mod service;
mod stop;
mod target;
mod vu;
mod workload;

pub use client::{Answer, Client, TransportError, plain};
pub use clock::Clock;
pub use planned::Planned;
pub use program::{Behaviour, BoxFuture, Cut, Hooks, Program, WireRequest};
pub use run::{Run, RunError};
pub use service::{Prepared, Service};
pub use stop::{Stop, Stopped};
pub use target::{Target, TargetError};
pub use vu::{Shared, Vu, VuSeat};
