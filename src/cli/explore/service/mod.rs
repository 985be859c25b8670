//! Requests to a service of somebody's own, behind the proxy.

mod command;
mod environment;
mod file;
mod process;
mod sql;
mod state;
mod subject;

pub(super) use command::run;
pub(in crate::cli) use file::TEMPLATE;
pub(super) use file::has_requests;
