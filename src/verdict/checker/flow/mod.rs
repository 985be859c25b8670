//! A verdict on operations that go by, for a history that is in order: what is
//! kept is what is under way.
//!
//! They go by twice: in any order, for an [`Outline`], and in the order of their
//! invocation, for the [`Flow`] that it begins. Where a flow finds no order that
//! proves nothing, and [`check`](super::check()) has to be asked, which holds all
//! of them.

mod outline;
mod running;

pub use outline::Outline;
pub use running::Flow;
