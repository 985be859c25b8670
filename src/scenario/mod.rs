//! A scenario file: from text to a [`Scenario`] that exists only when valid.
//!
//! `yaml` and `json` make a tree of what was written. `document` and its
//! siblings read the tree and report every mistake with its place. `foresight`
//! asks whether the plan can come out as expected. `render` shows problems to
//! a person.

mod document;
mod executor;
mod expect;
mod fields;
mod foresight;
mod json;
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
mod shipped;
mod suggest;
mod syntax;
pub mod template;
mod tree;
mod types;
mod values;
mod wording;
mod workloads;
mod yaml;

pub use executor::{Executor, MOST_VUS, Stage, VuPool};
pub use load::Loaded;
pub use overrides::LoadOptions;
pub use position::{Position, Span};
pub use problem::{Grade, Problem, Problems};
pub use types::{Action, Body, Expect, Operation, Retry, Scenario, Selection, SetAside, Workload};
