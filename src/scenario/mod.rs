//! A scenario file: from text to a [`Scenario`] that exists only when valid.
//!
//! `yaml` and `json` make a tree of what was written. `document` and its
//! siblings read the tree and report every mistake with its place. `foresight`
//! asks whether the plan can come out as expected. `render` shows problems to
//! a person, `schema` tells editors what a file may hold.

mod document;
mod executor;
mod expect;
mod extras;
mod fault;
mod faults;
mod fields;
mod foreign;
mod foresight;
mod http;
mod http_options;
mod include;
mod interpolation;
mod json;
mod k6;
mod keys;
mod load;
mod operations;
mod options;
mod overrides;
mod position;
mod problem;
mod reader;
mod render;
mod scalar;
mod schema;
mod service;
mod shipped;
mod step;
mod suggest;
mod syntax;
pub mod template;
mod thresholds;
mod tree;
mod types;
mod values;
mod variables;
mod wording;
mod workloads;
mod yaml;

pub use executor::{Executor, MOST_VUS, Stage, VuPool};
pub use fault::{Fault, FaultKind, Victim, Way};
pub use foreign::Tool;
pub use http_options::{HttpAuth, HttpOptions};
pub use interpolation::Environment;
pub use load::Loaded;
pub use overrides::LoadOptions;
pub use position::{Position, Span};
pub use problem::{Grade, Problem, Problems};
pub use schema::schema;
pub use service::{
    AnyOf, Argument, Assertion, Balances, BodyTemplate, Capture, CheckRule, Comparison, Declared,
    Effect, Expected, JsonPath, Part, Pattern, ReadRule, Relation, RequestTemplate, Reset,
    ResetStep, Resolve, Source, Spots, StatusSet,
};
pub use suggest::nearest;
pub use thresholds::{Condition, Operator, Threshold};
pub use types::{
    Action, Body, Data, Expect, Invariant, Operation, Retry, Scenario, Selection, SetAside,
    Templated, Use, Verb, Workload,
};
