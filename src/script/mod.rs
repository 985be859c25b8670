//! The Lua host: a script by itself, or its hooks beside a scenario file.
//!
//! Every virtual user has a Lua state of its own, kept within bounds of time by
//! the guard and of memory by the sandbox.

mod api;
mod barriers;
mod course;
mod error;
mod files;
mod functions;
mod guard;
mod hooks;
mod host;
mod json;
mod metrics;
mod patterns;
mod program;
mod sandbox;
mod source;
mod state;
mod summary;
mod trouble;
mod verify;

pub use error::ScriptError;
pub use sandbox::Limits;
pub use source::Script;
pub use summary::Handled;
