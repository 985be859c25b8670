use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderValue};
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;

use super::Target;

/// Answers larger than this are cut off and count as broken.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// One HTTP/1.1 connection, opened when needed and kept alive.
#[derive(Debug)]
pub struct Client {
    target: Target,
    host: HeaderValue,
    timeout: Duration,
    connection: Option<SendRequest<Full<Bytes>>>,
}

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

impl Client {
    /// `timeout` bounds the connection attempt and, separately, the answer.
    pub fn new(target: Target, timeout: Duration) -> Self {
        let host = HeaderValue::try_from(target.authority());
        let host = host.unwrap_or_else(|_| HeaderValue::from_static("localhost"));
        Self { target, host, timeout, connection: None }
    }

    /// Opens the connection, so that a request that follows is only a request.
    pub async fn connect(&mut self) -> Result<(), TransportError> {
        if self.connection.as_ref().is_some_and(|connection| !connection.is_closed()) {
            return Ok(());
        }
        let address = (self.target.host(), self.target.port());
        let not_sent = |cause: &dyn std::fmt::Display| {
            TransportError::NotSent(format!(
                "cannot connect to {}: {cause}",
                self.target.authority()
            ))
        };
        let stream = tokio::time::timeout(self.timeout, TcpStream::connect(address))
            .await
            .map_err(|_| not_sent(&format!("no answer within {:?}", self.timeout)))?
            .map_err(|error| not_sent(&plain(&error)))?;
        stream.set_nodelay(true).map_err(|error| not_sent(&error))?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| not_sent(&error))?;
        tokio::spawn(connection);
        self.connection = Some(sender);
        Ok(())
    }

    /// Sends the request and awaits the whole answer. A kept-alive connection
    /// that turns out closed before the request left is replaced, once.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, TransportError> {
        self.send_within(self.timeout, request).await
    }

    /// [`send`](Self::send) with a patience of its own.
    pub async fn send_within(
        &mut self,
        timeout: Duration,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Answer, TransportError> {
        request.headers_mut().entry(HOST).or_insert_with(|| self.host.clone());
        let mut once_more = true;
        loop {
            self.connect().await?;
            let Some(connection) = self.connection.as_mut() else { continue };
            match tokio::time::timeout(timeout, exchange(connection, request)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(Failure::Unsent(unsent))) if once_more => {
                    once_more = false;
                    self.connection = None;
                    request = *unsent;
                }
                Ok(Err(failure)) => {
                    self.connection = None;
                    return Err(failure.into());
                }
                Err(_) => {
                    self.connection = None;
                    return Err(TransportError::NoAnswer(format!("no answer within {timeout:?}")));
                }
            }
        }
    }
}

enum Failure {
    /// Handed back by hyper: not a byte of it left.
    Unsent(Box<Request<Full<Bytes>>>),
    Broken(String),
}

impl From<Failure> for TransportError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unsent(_) => Self::NotSent(
                "the connection was closed before the request was sent; is it HTTP/1.1?".into(),
            ),
            Failure::Broken(cause) => Self::NoAnswer(cause),
        }
    }
}

async fn exchange(
    connection: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Failure> {
    let response = match connection.try_send_request(request).await {
        Ok(response) => response,
        Err(mut error) => {
            return Err(match error.take_message() {
                Some(unsent) => Failure::Unsent(Box::new(unsent)),
                None => Failure::Broken(describe(&error.into_error())),
            });
        }
    };
    let (head, body) = response.into_parts();
    let body = Limited::new(body, LARGEST_ANSWER).collect().await;
    let body = body.map_err(|error| Failure::Broken(format!("the answer broke off: {error}")))?;
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() })
}

fn describe(error: &hyper::Error) -> String {
    if error.is_incomplete_message() {
        "the connection was closed before the answer".into()
    } else if error.is_parse() {
        format!("the answer is not HTTP/1.1: {error}")
    } else {
        let cause = std::error::Error::source(error);
        cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
    }
}

/// An I/O error in plain words, without Rust's `(os error 111)`.
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}
