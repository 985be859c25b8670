//! Whether a history of balances can be true, and what is wrong if it cannot.
//!
//! Knows nothing of HTTP, scenarios or files: a [`Problem`] goes in, a
//! [`Report`] with certificates and named anomalies comes out.

mod anomaly;
mod blame;
mod case;
mod check;
mod components;
mod culprit;
mod detection;
mod euler;
mod explain;
mod floors;
mod flow;
mod fork;
mod guard;
mod jump;
mod marks;
mod model;
mod naming;
mod optional;
mod proof;
mod refute;
mod replay;
mod report;
mod retries;
mod rounds;
mod rules;
mod safe;
mod schedule;
mod search;
mod settle;
mod stuck;
mod sums;
#[cfg(test)]
mod tests;
mod told;
mod torn;
mod trail;
pub mod verifier;
mod window;

pub use anomaly::{Anomaly, AnomalyKind, DeadEnd, Fork, Money};
pub use check::check;
pub use detection::{Detection, DetectionOptions, Limits, Tried, detection};
pub use explain::{Explainer, Explanation};
pub use floors::Floors;
pub use flow::{Flow, Outline};
pub use model::{Kind, Leg, Op, Outcome, Problem};
pub use report::{Answer, Certificate, ComponentReport, Explained, Options, Report, Stats};
pub use retries::{Attempt, Retried, Unkeyed, retries};
pub use schedule::{Accounts, Client, Sampler, Schedule};
