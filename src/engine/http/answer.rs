use std::sync::Arc;

use bytes::Bytes;
use hyper::HeaderMap;
use thiserror::Error;

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Arc<HeaderMap>,
    pub body: Bytes,
    /// It answers the GET that a redirect asked for in the place of the request:
    /// what it refuses may have been done before.
    pub is_aftermath: bool,
}

/// Why nothing came back. What counts is whether the request was sent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TransportError {
    /// The service certainly did not see it.
    #[error("{0}")]
    NotSent(String),
    /// The service may or may not have acted on it.
    #[error("{0}")]
    NoAnswer(String),
}
