//! What happened: the events of a run, and what is kept of them.

mod blocks;
mod clock;
mod collector;
mod database;
mod entry;
mod event;
mod faults;
mod history;
mod invariants;
mod latency;
pub mod lines;
mod masked;
mod metrics;
mod numbers;
mod ordered;
mod packed;
mod recorded;
mod settling;
mod tags;
mod trial;
mod varint;

pub use clock::Disorder;
pub use collector::{Facts, Trip};
pub use database::{
    Blocked, ConnectionGroup, DatabaseActivity, DatabaseCounters, DatabaseLook, Holder,
};
pub use entry::Entry;
pub use event::{
    Attempt, Check, Event, FaultNews, FaultStep, Invariant, Invocation, Mismatch, Operation,
    Request, Resolution, Sample, Wire, WirePart, leg_process, virtual_user,
};
pub use faults::{FaultRecord, Faults};
pub use history::History;
pub use invariants::{Looks, Violation};
pub use latency::Latency;
pub use metrics::{
    CheckFailure, Checks, Custom, Metrics, Outcomes, Series, Trend, WorkloadMetrics,
};
pub use ordered::ByInvocation;
pub use recorded::{HistoryError, Recorded};
pub use settling::Settling;
pub use tags::{Tags, outcome_tag};
pub use trial::{Trial, TrialLeg};

// It is part of an event, and others know it as one of the facts.
pub use crate::model::MetricKind;
