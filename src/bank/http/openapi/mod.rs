//! What this server answers, as OpenAPI 3.1: put together from its routes, so
//! that one which is not described does not compile. Tests hold every answer of
//! the server against it.

mod document;
mod failures;
mod operations;
mod schemas;

pub(super) use document::document;
