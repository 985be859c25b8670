use std::fmt;

use serde::Serialize;

use super::{Aggregation, Unit};

/// What is made of the values of a metric, as in k6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// They add up.
    Counter,
    /// The last one counts, and the smallest and the largest.
    Gauge,
    /// How many of them are not zero.
    Rate,
    /// How they are distributed.
    Trend,
}

impl MetricKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Rate => "rate",
            Self::Trend => "trend",
        }
    }

    /// What a threshold may ask of it, as it is written.
    pub fn aggregations(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["count", "rate"],
            Self::Gauge => &["value"],
            Self::Rate => &["rate"],
            Self::Trend => &["avg", "min", "max", "med", "p(N)"],
        }
    }

    pub fn has(self, aggregation: Aggregation) -> bool {
        use Aggregation as A;
        match self {
            Self::Counter => matches!(aggregation, A::Count | A::Rate),
            Self::Gauge => aggregation == A::Value,
            Self::Rate => aggregation == A::Rate,
            Self::Trend => {
                matches!(aggregation, A::Avg | A::Min | A::Max | A::Med | A::Percentile(_))
            }
        }
    }
}

impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The metrics that every run has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BuiltIn {
    HttpReqs,
    HttpReqDuration,
    HttpReqFailed,
    Operations,
    Iterations,
    IterationDuration,
    DroppedIterations,
    Checks,
    Vus,
    VusMax,
}

impl BuiltIn {
    pub const ALL: [Self; 10] = [
        Self::HttpReqs,
        Self::HttpReqDuration,
        Self::HttpReqFailed,
        Self::Operations,
        Self::Iterations,
        Self::IterationDuration,
        Self::DroppedIterations,
        Self::Checks,
        Self::Vus,
        Self::VusMax,
    ];

    /// k6's name, where k6 has the metric.
    pub fn name(self) -> &'static str {
        match self {
            Self::HttpReqs => "http_reqs",
            Self::HttpReqDuration => "http_req_duration",
            Self::HttpReqFailed => "http_req_failed",
            Self::Operations => "operations",
            Self::Iterations => "iterations",
            Self::IterationDuration => "iteration_duration",
            Self::DroppedIterations => "dropped_iterations",
            Self::Checks => "checks",
            Self::Vus => "vus",
            Self::VusMax => "vus_max",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    pub fn kind(self) -> MetricKind {
        match self {
            Self::HttpReqs | Self::Operations | Self::Iterations | Self::DroppedIterations => {
                MetricKind::Counter
            }
            Self::HttpReqDuration | Self::IterationDuration => MetricKind::Trend,
            Self::HttpReqFailed | Self::Checks => MetricKind::Rate,
            Self::Vus | Self::VusMax => MetricKind::Gauge,
        }
    }

    pub fn unit(self) -> Unit {
        match self.kind() {
            MetricKind::Counter | MetricKind::Gauge => Unit::Number,
            MetricKind::Rate => Unit::Share,
            MetricKind::Trend => Unit::Milliseconds,
        }
    }

    /// The tags its samples have, beside those a scenario or a script adds.
    pub fn tags(self) -> &'static [&'static str] {
        match self {
            Self::HttpReqs | Self::HttpReqDuration | Self::HttpReqFailed | Self::Operations => {
                &["scenario", "operation", "method", "status", "outcome", "expected_response"]
            }
            Self::Checks => &["scenario", "check"],
            Self::Iterations
            | Self::IterationDuration
            | Self::DroppedIterations
            | Self::Vus
            | Self::VusMax => &["scenario"],
        }
    }
}
