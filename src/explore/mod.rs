//! Goes through all orders of the SQL statements of a few requests, on the real
//! database of an unmodified service, and holds each against what the service
//! does when the requests come one after the other.
//!
//! `wire` and `sql` understand what is said between a service and its
//! PostgreSQL, `gate` decides what waits and what passes, `search` which order
//! comes next, `judge` whether it came out right: all of them pure. `proxy`,
//! `monitor` and `scheduler` carry that out on a network, and `tables` puts a database back.

mod executor;
mod exploration;
mod exploring;
pub mod gate;
mod judge;
mod monitor;
mod on_wire;
mod order;
mod outcome;
mod profile;
mod proxy;
mod refusals;
mod scheduler;
pub mod search;
pub mod sql;
mod step;
mod subject;
mod tables;
mod transactions;
mod trouble;
mod what_if;
pub mod wire;

pub use executor::Executor;
pub use exploration::{Asked, Conclusion, Coverage, Exploration, Failing, FailingOrder, Why};
pub use exploring::{APART, Baseline, MOST_REQUESTS, Options, Progress, What, explore};
pub use judge::{Failure, Judge, Serial, Varying, serial_orders};
pub use monitor::Monitor;
pub use on_wire::OnWire;
pub use outcome::{Execution, Reply, State};
pub use proxy::{Event, Link, Proxy};
pub use refusals::{Refusal, Refusals};
pub use scheduler::Scheduler;
pub use step::{Answered, Change, SqlError, Step};
pub use subject::Subject;
pub use tables::{Ignore, NewRows, SavedTables};
pub use transactions::{NoLock, Obstacle, Transactions};
pub use trouble::{Trouble, letter};
pub use what_if::{Applied, NotApplied, NotTried, Tried, WhatIf, WhatIfs};
