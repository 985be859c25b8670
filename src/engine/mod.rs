//! Virtual users and what drives them. The engine prints nothing: it emits
//! [`Event`](crate::facts::Event)s and returns what it read.

mod again;
mod alarm;
mod answers;
mod arrival;
mod books;
mod called;
mod clock;
mod crew;
mod declared;
mod expected;
mod faults;
mod form;
mod http;
mod invariants;
mod lookup;
mod looping;
mod nearby;
mod operate;
mod pacing;
mod planned;
mod preflight;
mod prepared;
mod program;
mod ramping;
mod read_before;
mod resolve;
mod run;
mod seen;
mod service;
mod settle;
mod stop;
mod tally;
mod unread;
mod vu;
mod workload;

pub use called::Called;
pub use clock::Clock;
pub use expected::ExpectedBalances;
pub use faults::{FaultMaker, Faults};
pub use form::Form;
pub use http::{
    Answer, Client, Cookies, HttpDebug, Identity, Origin, Proxies, Target, TargetError, Tls,
    TlsError, Transport, TransportError, plain,
};
pub use planned::{Planned, workload_tags};
pub use preflight::{Preflight, Preflighted, Untried};
pub use prepared::Prepared;
pub use program::{Behaviour, BoxFuture, Cut, Ended, Hooks, Outturn, Program, WireRequest};
pub use run::{Run, RunError, arrival_rate};
pub use service::Service;
pub use stop::{Stop, Stopped};
pub use tally::{Standing, Tally};
pub use vu::{PlainRequest, Shared, Vu, VuSeat};
