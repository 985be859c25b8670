//! `bankrun explore`, on a real PostgreSQL.

mod passage;
mod replay;
mod service;
mod support;
mod table;
mod usage;
