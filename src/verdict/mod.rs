//! What the facts of a run prove. Pure: no clock, no network, no terminal.

mod balances;
mod case;
pub mod checker;
mod claims;
mod conclusion;
mod concurrency;
mod contradiction;
mod faults;
mod floors;
mod judge;
mod overlap;
mod passing;
mod ruling;
mod subject;
mod survey;
#[cfg(test)]
mod tests;
mod thresholds;
mod witness;

pub use balances::{AccountVerdict, Reach};
use conclusion::list;
pub use conclusion::{Conclusion, Finding, Severity};
pub use contradiction::{Contradiction, contradictions};
pub use judge::{JudgeOptions, NotJudged, Verdict, judge};
pub use overlap::Overlap;
pub use thresholds::{ThresholdVerdict, tripped};
pub use witness::{Witness, WitnessOp};
