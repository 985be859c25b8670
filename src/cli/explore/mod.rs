//! `bankrun explore`: every order of the SQL statements of a few requests.

mod bank;
mod between;
mod command;
mod database;
mod file;
mod groups;
mod operation;
mod order;
mod results;
mod senders;
mod service;
mod sessions;
mod what_ifs;

pub(super) use command::run;
pub(super) use operation::Operation;
pub(super) use order::Order;
pub(super) use service::TEMPLATE;
