//! Who may change a balance, and when: the same update under different
//! concurrency control.
//!
//! Open `naive.rs` and `robust.rs` side by side. They are the same lines, one
//! of them inside a transaction that locks; everything this program shows
//! comes from that difference.

mod error;
#[expect(clippy::module_inception, reason = "the ledger's main type in a file of its name")]
mod ledger;
mod mode;
pub mod naive;
pub mod robust;
pub mod rules;
mod window;

pub use error::LedgerError;
pub use ledger::Ledger;
pub use mode::{Mode, UnknownMode};
pub use rules::Change;
pub use window::{Gate, Window};

pub use super::store::{PoolState, StoreError};
