//! What waits and what passes, between a service and its PostgreSQL: whose a
//! statement is, which of them are steps, whose answers are held back. Pure:
//! messages in, messages out; the network and the clock are elsewhere.

mod changes;
mod connection;
mod connections;
mod memory;
#[cfg(test)]
mod tests;
mod unit;

pub use changes::{Notes, Passed};
pub use connection::ConnectionId;
pub use connections::{Expected, Gate, Held, Output, Token, Turn};
