//! Specifications of sessions, run in every order on a real PostgreSQL.

mod levels;
mod orders;
mod scratch;
mod support;
