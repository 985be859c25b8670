//! Requests to a service of somebody's own, behind the proxy.

mod command;
mod environment;
mod file;
mod process;
mod subject;

pub(super) use command::run;
pub(super) use file::has_requests;
