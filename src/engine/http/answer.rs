use bytes::Bytes;
use hyper::HeaderMap;
use thiserror::Error;

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
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
