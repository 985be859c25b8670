//! Looks into the PostgreSQL that a service keeps its data in: who waits for
//! whom, and what the database counts. Beside the run, over a connection of its
//! own; what goes wrong here ends the looking and nothing else.

mod asking;
mod balances;
mod connection;
mod counting;
mod error;
mod looking;
#[expect(clippy::module_inception, reason = "the room's main type in a file of its name")]
mod observer;
mod queues;
mod rows;
mod sight;
mod statements;

pub use balances::Balances;
pub use error::ObserverError;
pub use looking::Looking;
pub use observer::Observer;
