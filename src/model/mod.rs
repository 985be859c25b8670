//! The vocabulary: accounts, amounts, calls and how they end, pauses, metrics,
//! names of hosts, secrets.

mod account;
mod aggregation;
mod amount;
mod call;
mod causes;
mod host;
mod mask;
mod metric;
mod outcome;
mod pause;
mod redact;
mod scale;
mod secret;
mod selector;
mod shown;
mod unit;

pub use account::AccountId;
pub use aggregation::Aggregation;
pub use amount::{Amount, AmountRange};
pub use call::{Call, MOST_LEGS, OPEN, OperationKind};
pub use causes::with_causes;
pub use host::{host_name, is_out_of_strangers_reach, is_own_name, is_same_origin};
pub use mask::{Mask, names_a_secret};
pub use metric::{BuiltIn, MetricKind};
pub use outcome::Outcome;
pub use pause::{Pause, PauseError, parse_duration};
pub use redact::{without_credentials, without_secrets, without_values};
pub use scale::{Scale, Shown};
pub use secret::{BadSecret, Secret};
pub use selector::Selector;
pub use shown::{harmless, is_harmless, one_line};
pub use unit::Unit;
