//! The bank's HTTP API: JSON in and out, every bad request answered by name.

mod access;
mod accounts;
mod answer;
mod body;
mod budget;
mod complaints;
mod error;
mod health;
mod json;
mod losses;
mod metrics;
mod openapi;
mod operations;
mod routes;
mod service;
mod updates;

pub use access::Access;
pub(crate) use error::HttpError;
pub(crate) use losses::{AnswerLost, Losses};
pub(crate) use service::{Facts, Limits, Reply, Service};
