//! Who may change a balance, and when: the same update under different
//! concurrency control.
//!
//! Open `naive.rs` and `robust.rs` side by side. They are the same lines, one
//! of them inside a transaction that locks; everything this program shows
//! comes from that difference. Then open any of their siblings.
//!
//! | correct | |
//! |---|---|
//! | [`robust`] | locks the row it reads |
//! | [`atomic`] | leaves the arithmetic and the condition to one statement |
//! | [`optimistic`] | writes only what has not changed since it was read |
//! | [`serializable`] | begins again when it was not alone |
//! | [`advisory`] | locks a number |
//! | [`batched`] | locks once for all who have come meanwhile |
//!
//! | wrong | |
//! |---|---|
//! | [`naive`] | loses updates |
//! | [`transaction`] | loses updates, in a transaction |
//! | [`check_then_act`] | overdraws |

pub mod advisory;
pub mod atomic;
mod batch;
pub mod batched;
pub mod check_then_act;
mod counters;
mod error;
mod key;
#[expect(clippy::module_inception, reason = "the ledger's main type in a file of its name")]
mod ledger;
mod mode;
pub mod naive;
mod once;
pub mod optimistic;
mod retry;
pub mod robust;
pub mod rules;
pub mod serializable;
pub mod transaction;
mod window;
mod work;

pub use batch::Seat;
pub use counters::Counters;
pub use error::LedgerError;
pub use key::{BadKey, Key};
pub use ledger::Ledger;
pub use mode::{Mode, UnknownMode};
pub use once::Answer;
pub use retry::Retry;
pub use rules::{Change, Transfer};
pub use window::{Gate, Window};
pub use work::{Body, BodyOf, Work};

pub use super::store::{PoolState, StoreError, StoredAnswer};
