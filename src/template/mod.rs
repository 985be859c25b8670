//! `{{ ... }}`: texts and values that are worked out anew for each operation.
//!
//! The expressions are minijinja's; statements (`{% %}`) are not part of it.

mod calls;
mod data;
mod dice;
mod expression;
mod functions;
mod json;
mod scope;
#[expect(clippy::module_inception, reason = "the room is called after what it is about")]
mod template;

pub use data::{DataError, Rows};
pub use dice::Dice;
pub use expression::{Expression, TemplateError};
pub use functions::{BALANCES, FUNCTIONS};
pub use json::{JsonTemplate, from_json};
pub use minijinja::Value;
pub use minijinja::value::ValueKind;
pub use scope::{Globals, Place, Scope};
pub use template::Template;
