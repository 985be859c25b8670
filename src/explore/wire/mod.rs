//! PostgreSQL's wire protocol, version 3, as far as a proxy has to understand
//! it: where messages end, what they ask, and how values are written in them.
//! Pure: bytes in, messages out.

mod backend;
mod frame;
mod frontend;
mod reader;
mod startup;
mod value;

pub use backend::{Backend, Column, TransactionStatus};
pub use frame::{Frame, Frames, WireError};
pub use frontend::{Bind, Frontend, Named};
pub use startup::Startup;
pub use value::Value;
