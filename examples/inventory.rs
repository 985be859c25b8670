//! A small box office, as somebody might have written it: concerts with so many
//! seats left, sold over HTTP. It knows nothing of bankrun.
//!
//!     cargo run --example inventory              # sells each seat once
//!     cargo run --example inventory -- --naive   # oversells
//!     bankrun scenarios/inventory.yaml
//!
//! The two differ in where the lock is held: see `reserve`.

#![expect(clippy::print_stderr, reason = "an example says what it does")]

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// How long the price is asked for: somebody else's service.
const PRICING: Duration = Duration::from_millis(1);

/// The whole database.
#[derive(Default)]
struct Office {
    /// Seats left, by concert.
    left: BTreeMap<String, i64>,
    /// What was sold: how many seats are left after it, by the buyer's order number.
    orders: HashMap<String, i64>,
}

struct Shop {
    office: Mutex<Office>,
    naive: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let naive = arguments.iter().any(|argument| argument == "--naive");
    let port = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(4000);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let how = if naive { "naively" } else { "safely" };
    eprintln!("selling seats {how} on http://{}", listener.local_addr()?);
    let shop = Arc::new(Shop { office: Mutex::default(), naive });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let shop = shop.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(shop.clone(), request));
            // A client that hangs up is nobody's loss.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    shop: Arc<Shop>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let parts: Vec<String> = path.trim_matches('/').split('/').map(str::to_owned).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let method = request.method().clone();
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, body) = match (&method, parts.as_slice()) {
        (&Method::PUT, ["concerts", concert]) => shop.stock(concert, &body).await,
        (&Method::GET, ["concerts"]) => shop.list().await,
        (&Method::POST, ["concerts", concert, "reserve"]) => shop.reserve(concert, &body).await,
        (&Method::POST, ["concerts", concert, "cancel"]) => shop.cancel(concert, &body).await,
        (&Method::GET, ["orders", order]) => shop.order(order).await,
        _ => (StatusCode::NOT_FOUND, json!({ "error": "there is nothing here" })),
    };
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    Ok(response)
}

type Answer = (StatusCode, Value);

impl Shop {
    /// `PUT /concerts/:concert {"left": 100}`
    async fn stock(&self, concert: &str, body: &Value) -> Answer {
        let Some(left) = body["left"].as_i64() else {
            return (StatusCode::BAD_REQUEST, json!({ "error": "left must be a number" }));
        };
        self.office.lock().await.left.insert(concert.to_owned(), left);
        (StatusCode::OK, json!({ "concert": concert, "left": left }))
    }

    /// `GET /concerts`
    async fn list(&self) -> Answer {
        let office = self.office.lock().await;
        let concerts =
            office.left.iter().map(|(concert, left)| json!({ "id": concert, "left": left }));
        (StatusCode::OK, json!({ "concerts": concerts.collect::<Vec<_>>() }))
    }

    /// `POST /concerts/:concert/reserve {"seats": 2, "order": "..."}`
    async fn reserve(&self, concert: &str, body: &Value) -> Answer {
        self.sell(concert, body, -body["seats"].as_i64().unwrap_or(1)).await
    }

    /// `POST /concerts/:concert/cancel {"seats": 2, "order": "..."}`
    async fn cancel(&self, concert: &str, body: &Value) -> Answer {
        self.sell(concert, body, body["seats"].as_i64().unwrap_or(1)).await
    }

    async fn sell(&self, concert: &str, body: &Value, change: i64) -> Answer {
        let mut office = self.office.lock().await;
        let Some(left) = office.left.get(concert).copied() else {
            return (StatusCode::NOT_FOUND, json!({ "error": "no such concert" }));
        };
        if self.naive {
            // The lesson: the lock is let go while the price is asked for.
            drop(office);
            tokio::time::sleep(PRICING).await;
            office = self.office.lock().await;
        } else {
            tokio::time::sleep(PRICING).await;
        }
        if left + change < 0 {
            return (StatusCode::CONFLICT, json!({ "error": "sold out", "left": left }));
        }
        office.left.insert(concert.to_owned(), left + change);
        if let Some(order) = body["order"].as_str() {
            office.orders.insert(order.to_owned(), left + change);
        }
        (StatusCode::CREATED, json!({ "left": left + change }))
    }

    /// `GET /orders/:order`
    async fn order(&self, order: &str) -> Answer {
        match self.office.lock().await.orders.get(order) {
            Some(left) => (StatusCode::OK, json!({ "order": order, "left": left })),
            None => (StatusCode::NOT_FOUND, json!({ "error": "no such order" })),
        }
    }
}
