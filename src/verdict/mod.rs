//! What the facts of a run prove. Pure: no clock, no network, no terminal.

mod balances;
mod case;
pub mod checker;
mod conclusion;
mod judge;
mod overlap;
mod ruling;
mod witness;

pub use balances::{AccountVerdict, Reach};
pub use conclusion::{Conclusion, Finding, Severity};
pub use judge::{JudgeOptions, Verdict, judge};
pub use overlap::Overlap;
pub use witness::{Witness, WitnessOp};
