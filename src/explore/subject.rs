use std::future::Future;

use super::outcome::{Reply, State};

/// A service under exploration: how its requests are sent, and how the state
/// behind it is set back and read. The steps come from elsewhere, see
/// [`Scheduler`](super::Scheduler).
pub trait Subject: Send {
    /// How many requests run together; their numbers go from 0.
    fn requests(&self) -> usize;

    /// Sends a request and awaits its answer. Each of them goes its own way: one
    /// that is not answered holds up no other.
    fn send(&mut self, request: usize) -> impl Future<Output = Reply> + Send + 'static;

    /// Brings back the state that each order begins with. The error is for a
    /// person.
    fn reset(&mut self) -> impl Future<Output = Result<(), String>> + Send;

    /// The state as everybody sees it.
    fn read(&mut self) -> impl Future<Output = Result<State, String>> + Send;

    /// Requests under way are given up; what was kept for them is of no use.
    fn abandon(&mut self);
}
