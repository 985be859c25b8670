//! Lua's patterns, matched in steps that are counted.
//!
//! Lua's own matcher is one call of C: no hook looks into it, and a pattern such
//! as `(".-"):rep(50) .. "b"` keeps it busy for longer than anybody lives. What
//! surely ends soon is left to it (`cost`); the rest is matched here, by the same
//! rules (reference manual of Lua 5.4, section 6.4.1), and given up in time.

mod class;
mod compile;
mod cost;
mod matcher;
mod pattern;
mod replacement;

pub(super) use cost::{AFFORDABLE, Cost, is_plain};
pub(super) use matcher::{Fault, Found, Matcher};
pub(super) use pattern::{Capture, Pattern};
pub(super) use replacement::Replacement;
