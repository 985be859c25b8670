use std::future::Future;
use std::time::Duration;

use super::outcome::Execution;
use super::search::{Ended, Independence, Search};
use super::trouble::Trouble;

/// Carries out requests in orders that somebody else chooses: a service behind
/// the proxy, sessions of SQL, or a simulation.
pub trait Executor: Send {
    /// How many requests run together.
    fn requests(&self) -> usize;

    /// Some of them, one after the other.
    fn serial(
        &mut self,
        order: &[usize],
    ) -> impl Future<Output = Result<Execution, Trouble>> + Send;

    /// All of them, in an order that `search` has begun and whose end it has yet
    /// to be told. `watched`: what each step changes is noted.
    fn run(
        &mut self,
        search: &mut dyn Search,
        watched: bool,
    ) -> impl Future<Output = Result<(Ended, Execution), Trouble>> + Send;

    /// Lets time pass. All requests have been answered.
    fn pass(&mut self, time: Duration) -> impl Future<Output = ()> + Send;

    /// Which steps do not matter to each other, where that can be known.
    fn independence(&mut self) -> impl Future<Output = Result<Independence, Trouble>> + Send;
}
