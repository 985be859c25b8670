//! Mode `batched`: several updates in one transaction.

mod failures;
mod held;
mod members;
