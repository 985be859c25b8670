//! The Lua host: a script by itself, or its hooks beside a scenario file.
//!
//! Every virtual user has a Lua state of its own ([`state`]), kept within
//! bounds of time and memory by [`guard`] and [`sandbox`].

mod api;
mod error;
mod functions;
mod guard;
mod hooks;
mod host;
mod json;
mod program;
mod sandbox;
mod source;
mod state;
mod trouble;

pub use error::ScriptError;
pub use sandbox::Limits;
pub use source::Script;
