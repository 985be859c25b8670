//! What a script can call: one table a file.

mod arguments;
mod bank;
mod check;
mod env;
mod exec;
pub(super) mod http;
mod install;
mod json;
mod log;
mod maker;
mod random;
mod time;

pub(super) use install::install;
pub(super) use maker::Maker;
