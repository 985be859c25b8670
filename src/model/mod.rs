//! The vocabulary both wings share: accounts, amounts, outcomes, pauses.

mod account;
mod amount;
mod outcome;
mod pause;

pub use account::AccountId;
pub use amount::Amount;
pub use outcome::Outcome;
pub use pause::{Pause, PauseError, parse_duration};
