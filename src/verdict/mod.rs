//! What the facts of a run prove. Pure: no clock, no network, no terminal.

mod balances;
pub mod checker;
mod conclusion;
mod judge;
mod overlap;

pub use balances::{AccountVerdict, Reach};
pub use conclusion::{Conclusion, Finding, Severity};
pub use judge::{Verdict, judge};
pub use overlap::Overlap;
