//! The bank over real sockets and real databases.

mod bad_input;
mod bad_requests;
mod batches;
mod conflicts;
mod contract;
mod disconnect;
mod failures;
mod http_api;
mod idempotency;
mod lost_answers;
mod migrations;
mod numbers;
mod pages;
mod poolers;
mod private_postgres;
mod race;
mod round_trips;
mod shutdown;
mod statement_log;
mod support;
mod together;

pub(crate) use private_postgres::folder_of;
pub(crate) use support::{
    Answer, PgBouncer, PoolMode, eventually, fresh_url, get, post, request, send, start,
};
