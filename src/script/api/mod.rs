//! What a script can call: one table a file.

mod arguments;
mod bank;
mod barrier;
mod batch;
mod body;
mod check;
mod data;
mod env;
mod exec;
mod expect;
pub(super) mod http;
mod install;
mod json;
mod known;
mod log;
mod maker;
mod metrics;
mod operation;
mod random;
pub(super) mod response;
mod strings;
#[cfg(test)]
mod strings_against_lua;
mod time;

pub(super) use install::install;
pub(super) use known::Known;
pub(super) use maker::Maker;
