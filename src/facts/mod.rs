//! What happened: the events of a run, and what is kept of them.

mod collector;
mod event;
mod history;
mod latency;
pub mod lines;
mod metrics;
mod recorded;
mod tags;

pub use collector::Facts;
pub use event::{
    Attempt, Check, Event, Invariant, Invocation, MetricKind, Mismatch, Operation, Request,
    Resolution, Sample, Wire, WirePart,
};
pub use history::{Entry, History};
pub use latency::Latency;
pub use metrics::{Checks, Metrics, Outcomes, WorkloadMetrics};
pub use recorded::{HistoryError, Recorded};
pub use tags::{Tags, outcome_tag};
