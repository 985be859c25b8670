//! What happened: the events of a run, and what is kept of them.

mod collector;
mod event;
mod history;
mod latency;
mod metrics;

pub use collector::Facts;
pub use event::{Event, Operation, Request};
pub use history::{Entry, History};
pub use latency::Latency;
pub use metrics::{Checks, Metrics, Outcomes, WorkloadMetrics};
