//! `bankrun explore`, on a real PostgreSQL.

mod passage;
mod replay;
mod support;
mod table;
mod usage;
