//! The vocabulary: accounts, amounts, calls and how they end, pauses.

mod account;
mod amount;
mod call;
mod outcome;
mod pause;
mod redact;

pub use account::AccountId;
pub use amount::{Amount, AmountRange};
pub use call::Call;
pub use outcome::Outcome;
pub use pause::{Pause, PauseError, parse_duration};
pub use redact::without_credentials;
