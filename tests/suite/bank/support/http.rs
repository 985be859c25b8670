use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::conformity;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// One request on a connection of its own. Whatever is answered has to be what
/// the server says of itself.
pub(crate) async fn send(addr: SocketAddr, request: Request<String>) -> Answer {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answer = exchange(addr, request).await;
    conformity::check(addr, &method, &path, &answer).await;
    answer
}

/// The same, whatever is answered.
pub(super) async fn exchange(addr: SocketAddr, request: Request<String>) -> Answer {
    let stream = TcpStream::connect(addr).await.expect("the bank listens");
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.expect("a connection");
    tokio::spawn(connection);
    let response = sender.send_request(request.map(|body| Full::new(Bytes::from(body)))).await;
    let (head, body) = response.expect("an answer").into_parts();
    let body = body.collect().await.expect("a whole answer").to_bytes();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: String::from_utf8(body.into()).expect("text"),
    }
}

pub(crate) async fn get(addr: SocketAddr, path: &str) -> Answer {
    send(addr, request("GET", path, None, "")).await
}

/// With a JSON content type.
pub(crate) async fn post(addr: SocketAddr, path: &str, body: &str) -> Answer {
    send(addr, request("POST", path, Some("application/json"), body)).await
}

pub(crate) fn request(
    method: &str,
    path: &str,
    content_type: Option<&str>,
    body: &str,
) -> Request<String> {
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    request.body(body.to_owned()).expect("a valid request")
}
