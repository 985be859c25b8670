//! `thresholds:`, in k6's syntax.

mod cursor;
mod expression;
mod meaning;
mod read;
mod selector;
mod types;

pub(super) use meaning::Known;
pub(super) use read::read;
pub use types::{Condition, Operator, Threshold};
