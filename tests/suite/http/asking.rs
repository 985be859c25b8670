//! Clients and programs that ask the servers of these tests.

use std::time::Duration;

use bankrun::engine::{Answer, Client, Proxies, Tls, Transport, TransportError};
use bankrun::scenario::HttpOptions;
use bytes::Bytes;
use hyper::Request;

use crate::support::{Bankrun, Ended};

pub(super) const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) fn client(url: &str) -> Client {
    client_with(url, HttpOptions::default())
}

pub(super) fn client_with(url: &str, options: HttpOptions) -> Client {
    let transport =
        Transport::new(&options, Tls::default(), Proxies::default(), None).expect("options");
    transport.client(url.parse().expect("a target"), TIMEOUT)
}

pub(super) fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).expect("a request")
}

pub(super) fn post(url: &str, body: &str) -> Request<Bytes> {
    let request = Request::post(url).header("content-type", "text/plain");
    request.body(body.to_owned().into()).expect("a request")
}

/// The cause, of a request that may have been acted upon.
pub(super) fn unknown(answer: Result<Answer, TransportError>) -> String {
    match answer {
        Err(TransportError::NoAnswer(cause)) => cause,
        other => panic!("not of unknown outcome: {other:?}"),
    }
}

/// The cause, of a request that was certainly not sent.
pub(super) fn not_sent(answer: Result<Answer, TransportError>) -> String {
    match answer {
        Err(TransportError::NotSent(cause)) => cause,
        other => panic!("sent: {other:?}"),
    }
}

/// Runs the program while the servers of the test go on answering.
pub(super) async fn ended(run: Bankrun) -> Ended {
    tokio::task::spawn_blocking(|| run.run()).await.expect("it ends")
}
