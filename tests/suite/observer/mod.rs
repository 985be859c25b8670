//! Looking into a real PostgreSQL: who waits for whom, and what is counted.

mod counting;
mod looks;
mod poolers;
mod runs;
mod support;
mod watch;
