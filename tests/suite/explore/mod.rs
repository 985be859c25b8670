//! `bankrun explore`, on a real PostgreSQL.

mod foreign;
mod odd;
mod passage;
mod replay;
mod saved;
mod service;
mod support;
mod table;
mod usage;
mod what_if;
mod what_if_sql;
