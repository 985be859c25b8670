use std::time::Duration;

use bytes::Bytes;
use hyper::Request;
use hyper::header::HeaderValue;
use tokio::net::TcpStream;

use super::patience::Patience;
use super::transport::Settings;
use super::wire::{Added, ByProxy, Failure, Stream, Wire};
use super::{Answer, Origin, TransportError};

/// One HTTP/1.1 connection to an origin, opened when needed and kept alive.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) origin: Origin,
    /// The `Host` header.
    pub(super) host: HeaderValue,
    wire: Option<Wire>,
    patience: Patience,
}

impl Connection {
    pub(super) fn new(origin: Origin) -> Self {
        let host = HeaderValue::try_from(origin.authority());
        let host = host.unwrap_or_else(|_| HeaderValue::from_static("localhost"));
        Self { origin, host, wire: None, patience: Patience::default() }
    }

    /// Opens it within `patience`, TLS included, unless it stands.
    pub(super) async fn open(
        &mut self,
        patience: Duration,
        settings: &Settings,
    ) -> Result<(), TransportError> {
        if self.wire.as_ref().is_some_and(Wire::is_open) {
            return Ok(());
        }
        // Done once in a while, and far larger than all else that a virtual user
        // holds on to while it waits.
        let opening = Box::pin(open(&self.origin, settings));
        let opened = tokio::time::timeout(patience, opening).await;
        let opened =
            opened.unwrap_or_else(|_| Err(format!("no answer within {:?}", whole(patience))));
        let wire = opened.map_err(|cause| {
            let whom = self.origin.authority();
            TransportError::NotSent(format!("cannot connect to {whom}: {cause}"))
        })?;
        self.wire = Some(wire);
        Ok(())
    }

    pub(super) fn close(&mut self) {
        self.wire = None;
    }

    /// Sends the request and awaits the whole answer. A kept-alive connection
    /// that turns out closed before the request left is replaced, once.
    pub(super) async fn exchange(
        &mut self,
        patience: Duration,
        settings: &Settings,
        timeout: Duration,
        request: &Request<Bytes>,
        added: &Added,
    ) -> Result<Answer, TransportError> {
        let mut once_more = true;
        loop {
            self.open(patience, settings).await?;
            let Some(wire) = self.wire.as_mut() else { continue };
            match self.patience.within(timeout, wire.exchange(request, added)).await {
                Some(Ok(answer)) => return Ok(answer),
                Some(Err(Failure::Unsent)) if once_more => {
                    once_more = false;
                    self.close();
                }
                Some(Err(failure)) => {
                    self.close();
                    return Err(self.error(failure));
                }
                None => {
                    self.close();
                    return Err(TransportError::NoAnswer(format!(
                        "no answer within {:?}",
                        whole(timeout)
                    )));
                }
            }
        }
    }

    fn error(&self, failure: Failure) -> TransportError {
        match failure {
            Failure::Unsent => TransportError::NotSent(
                "the connection was closed before the request was sent; is it HTTP/1.1?".into(),
            ),
            Failure::Broken(cause) => TransportError::NoAnswer(cause),
            Failure::Foreign(cause) => {
                let hint =
                    if self.origin.is_secure() { "" } else { "; is it an https:// address?" };
                TransportError::NoAnswer(format!("the answer is not HTTP/1.1: {cause}{hint}"))
            }
        }
    }
}

/// As people say it: what is left of a timeout has nanoseconds.
fn whole(length: Duration) -> Duration {
    match u64::try_from(length.as_millis()) {
        Ok(millis @ 10..) => Duration::from_millis(millis),
        _ => length,
    }
}

/// The error is for a person.
async fn open(origin: &Origin, settings: &Settings) -> Result<Wire, String> {
    let proxy = settings.proxies.to(origin)?;
    let mut stream = match proxy {
        Some(proxy) => proxy.connect().await?,
        None => {
            let address = (origin.host(), origin.port());
            TcpStream::connect(address).await.map_err(|error| plain(&error))?
        }
    };
    stream.set_nodelay(true).map_err(|error| plain(&error))?;
    if !origin.is_secure() {
        let by_proxy = proxy.map(|proxy| ByProxy {
            origin: origin.to_string(),
            authorization: proxy.authorization.clone(),
        });
        return Ok(Wire::new(Stream::Plain(stream), by_proxy));
    }
    if let Some(proxy) = proxy {
        stream = proxy.tunnel(stream, origin).await?;
    }
    let stream = settings.tls.connect(origin.host(), stream).await?;
    Ok(Wire::new(Stream::Secure(Box::new(stream)), None))
}

/// An I/O error in plain words, without Rust's `(os error 111)`.
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    // With TLS 1.3 a service says so only when it has read the first request.
    if text.contains("CertificateRequired") {
        return "the service wants a client certificate; give one with --client-cert FILE".into();
    }
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}
