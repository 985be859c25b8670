//! A scenario file: from text to a [`Scenario`] that exists only when valid.

mod types;

pub use types::{Action, Body, Executor, Expect, Operation, Scenario, Selection, Workload};
