use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What a made-up service answers.
pub enum Reply {
    Json(u16, String),
    Text(u16, &'static str),
    /// JSON with status 200, after that long.
    Late(Duration, String),
    /// Never.
    Silence,
}

/// A service under test that behaves as a test wants it to, on a port of its
/// own, for as long as the test lasts.
pub struct Service {
    pub url: String,
    _runtime: tokio::runtime::Runtime,
}

impl Service {
    /// `answer` gets method, path and body.
    pub fn start(answer: impl Fn(&str, &str, &[u8]) -> Reply + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address: SocketAddr = listener.local_addr().expect("an address");
        let answer = Arc::new(answer);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.clone();
                let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                    let answer = answer.clone();
                    async move {
                        let (head, body) = request.into_parts();
                        let body =
                            body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                        let reply = answer(head.method.as_str(), head.uri.path(), &body);
                        Ok::<_, Infallible>(respond(reply).await)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url: format!("http://{address}"), _runtime: runtime }
    }
}

async fn respond(reply: Reply) -> Response<Full<Bytes>> {
    let (status, body) = match reply {
        Reply::Json(status, body) => (status, body),
        Reply::Text(status, body) => (status, body.to_owned()),
        Reply::Late(wait, body) => {
            tokio::time::sleep(wait).await;
            (200, body)
        }
        Reply::Silence => std::future::pending().await,
    };
    Response::builder().status(status).body(Full::from(body)).expect("a response")
}
