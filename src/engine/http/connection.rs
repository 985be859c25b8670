use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HeaderValue;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::{Answer, Origin, Tls, TransportError};

/// Answers larger than this are cut off and count as broken.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// One HTTP/1.1 connection to an origin, opened when needed and kept alive.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) origin: Origin,
    /// The `Host` header.
    pub(super) host: HeaderValue,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub(super) fn new(origin: Origin) -> Self {
        let host = HeaderValue::try_from(origin.authority());
        let host = host.unwrap_or_else(|_| HeaderValue::from_static("localhost"));
        Self { origin, host, sender: None }
    }

    /// Opens it within `patience`, TLS included, unless it stands.
    pub(super) async fn open(
        &mut self,
        patience: Duration,
        tls: &Tls,
    ) -> Result<(), TransportError> {
        if self.sender.as_ref().is_some_and(|sender| !sender.is_closed()) {
            return Ok(());
        }
        // Done once in a while, and far larger than all else that a virtual user
        // holds on to while it waits.
        let opening = Box::pin(open(&self.origin, tls));
        let opened = tokio::time::timeout(patience, opening).await;
        let opened = opened.unwrap_or_else(|_| Err(format!("no answer within {patience:?}")));
        let sender = opened.map_err(|cause| {
            let whom = self.origin.authority();
            TransportError::NotSent(format!("cannot connect to {whom}: {cause}"))
        })?;
        self.sender = Some(sender);
        Ok(())
    }

    pub(super) fn close(&mut self) {
        self.sender = None;
    }

    /// Sends the request and awaits the whole answer. A kept-alive connection
    /// that turns out closed before the request left is replaced, once.
    pub(super) async fn exchange(
        &mut self,
        patience: Duration,
        tls: &Tls,
        timeout: Duration,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Answer, TransportError> {
        let mut once_more = true;
        loop {
            self.open(patience, tls).await?;
            let Some(sender) = self.sender.as_mut() else { continue };
            match tokio::time::timeout(timeout, exchange(sender, request)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(Failure::Unsent(unsent))) if once_more => {
                    once_more = false;
                    self.close();
                    request = *unsent;
                }
                Ok(Err(failure)) => {
                    self.close();
                    return Err(failure.into_error(&self.origin));
                }
                Err(_) => {
                    self.close();
                    return Err(TransportError::NoAnswer(format!("no answer within {timeout:?}")));
                }
            }
        }
    }
}

/// The error is for a person.
async fn open(origin: &Origin, tls: &Tls) -> Result<SendRequest<Full<Bytes>>, String> {
    let address = (origin.host(), origin.port());
    let stream = TcpStream::connect(address).await.map_err(|error| plain(&error))?;
    stream.set_nodelay(true).map_err(|error| plain(&error))?;
    let sender = match origin.is_secure() {
        true => handshake(tls.connect(origin.host(), stream).await?).await,
        false => handshake(stream).await,
    };
    sender.map_err(|error| error.to_string())
}

async fn handshake<S>(stream: S) -> hyper::Result<SendRequest<Full<Bytes>>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

enum Failure {
    /// Handed back by hyper: not a byte of it left.
    Unsent(Box<Request<Full<Bytes>>>),
    Broken(String),
    /// What came was no HTTP/1.1.
    Foreign(String),
}

impl Failure {
    fn into_error(self, origin: &Origin) -> TransportError {
        match self {
            Self::Unsent(_) => TransportError::NotSent(
                "the connection was closed before the request was sent; is it HTTP/1.1?".into(),
            ),
            Self::Broken(cause) => TransportError::NoAnswer(cause),
            Self::Foreign(cause) if !origin.is_secure() => TransportError::NoAnswer(format!(
                "the answer is not HTTP/1.1: {cause}; is it an https:// address?"
            )),
            Self::Foreign(cause) => {
                TransportError::NoAnswer(format!("the answer is not HTTP/1.1: {cause}"))
            }
        }
    }
}

async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Failure> {
    // The answer before may have been read to its end before the connection
    // knows: without the wait it would count as busy, and be replaced.
    if sender.ready().await.is_err() {
        return Err(Failure::Unsent(Box::new(request)));
    }
    let response = match sender.try_send_request(request).await {
        Ok(response) => response,
        Err(mut error) => {
            return Err(match error.take_message() {
                Some(unsent) => Failure::Unsent(Box::new(unsent)),
                None => failure(&error.into_error()),
            });
        }
    };
    let (head, body) = response.into_parts();
    let body = Limited::new(body, LARGEST_ANSWER).collect().await;
    let body = body.map_err(|error| {
        Failure::Broken(match error.downcast_ref::<LengthLimitError>() {
            Some(_) => format!("the answer is larger than {} MiB", LARGEST_ANSWER >> 20),
            None => format!("the answer broke off: {error}"),
        })
    })?;
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() })
}

fn failure(error: &hyper::Error) -> Failure {
    if error.is_incomplete_message() {
        return Failure::Broken("the connection was closed before the answer".into());
    }
    if error.is_parse() {
        return Failure::Foreign(error.to_string());
    }
    let cause = std::error::Error::source(error);
    let cause = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    Failure::Broken(cause)
}

/// An I/O error in plain words, without Rust's `(os error 111)`.
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}
