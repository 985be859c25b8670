//! SQL without a service: the sessions of a specification run in every order of
//! their steps on a real PostgreSQL, and each order is compared with what the
//! sessions do one after the other.
//!
//! The specification is a file of PostgreSQL's own isolationtester (`parse`), or
//! the same in YAML (`yaml`). `orders` enumerates, `lab` runs one order on a
//! scratch database, `judge` compares, `explore` puts them together.

mod connection;
mod error;
mod explore;
mod judge;
mod lab;
mod level;
mod lexer;
mod mask;
mod orders;
mod outcome;
mod parse;
mod scratch;
mod spec;
mod state;
mod yaml;

pub use error::{IsolationError, SpecProblem};
pub use explore::{Exploration, ExploreOptions, explore};
pub use judge::{Failure, Judgement};
pub use level::IsolationLevel;
pub use orders::{Interleavings, interleavings};
pub use outcome::{Run, SqlError, StatementResult, StepReport, StepResult, TableState};
pub use parse::parse;
pub use scratch::Scratch;
pub use spec::{Order, Session, Spec, Step, StepId};
pub use yaml::parse_yaml;
