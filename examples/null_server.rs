//! As little of a bank as a server can be: balances in memory, one thread, and
//! hyper with nothing around it. What a load generator is measured against, so
//! that the generator is what is measured.
//!
//!     cargo run --release --example null_server               # on a free port
//!     cargo run --release --example null_server -- 3999
//!     bankrun scenarios/mix.yaml --target http://localhost:3999
//!
//! It speaks the part of the bank's language that a deposit needs: `POST /reset`,
//! `POST /deposit`, `GET /balance/:userId`, `GET /accounts`. `GET /count` says how
//! many deposits it has answered and how many seconds lay between the first and
//! the last of them, and begins to count anew. `GET /health` answers with the
//! text of the second argument.

#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpSocket;

/// Connections that may wait to be accepted: ten thousand users come at once.
const BACKLOG: u32 = 16_384;

#[derive(Deserialize)]
struct Deposit {
    #[serde(rename = "userId")]
    account: u64,
    amount: i64,
}

#[derive(Deserialize)]
struct Reset {
    accounts: BTreeMap<u64, i64>,
}

impl Default for Reset {
    fn default() -> Self {
        Self { accounts: (1..=3).map(|account| (account, 1_000)).collect() }
    }
}

#[derive(Default)]
struct Bank {
    balances: BTreeMap<u64, i64>,
    /// Since they were last asked for.
    deposits: u64,
    first_and_last: Option<(Instant, Instant)>,
    health: Bytes,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let health = arguments.next().unwrap_or_default().into();
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(([127, 0, 0, 1], port).into())?;
    let listener = socket.listen(BACKLOG)?;
    println!("the null server listens on http://{}", listener.local_addr()?);
    let bank = Bank { balances: Reset::default().accounts, health, ..Bank::default() };
    let bank = Arc::new(Mutex::new(bank));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let bank = bank.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&bank, request));
            // A client that hangs up is nobody's loss.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    bank: &Mutex<Bank>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    // A GET brings no body, and is not asked for one.
    let body = match head.method {
        Method::GET => Bytes::new(),
        _ => body.collect().await.map(|body| body.to_bytes()).unwrap_or_default(),
    };
    let mut bank = bank.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = match (&head.method, head.uri.path()) {
        (&Method::POST, "/deposit") => bank.deposit(&body),
        (&Method::POST, "/reset") => bank.reset(&body),
        (&Method::GET, "/accounts") => Some(bank.accounts()),
        (&Method::GET, "/count") => Some(bank.count()),
        (&Method::GET, "/health") => Some(bank.health.clone()),
        (&Method::GET, path) => path.strip_prefix("/balance/").and_then(|id| bank.balance(id)),
        _ => None,
    };
    let status = if answer.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(Full::new(answer.unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

impl Bank {
    fn deposit(&mut self, body: &[u8]) -> Option<Bytes> {
        let Deposit { account, amount } = serde_json::from_slice(body).ok()?;
        let balance = self.balances.get_mut(&account)?;
        *balance = balance.checked_add(amount)?;
        self.deposits += 1;
        let now = Instant::now();
        self.first_and_last.get_or_insert((now, now)).1 = now;
        Some(format!("{{\"newBalance\":{balance}}}").into())
    }

    fn reset(&mut self, body: &[u8]) -> Option<Bytes> {
        let reset = match body {
            [] => Reset::default(),
            body => serde_json::from_slice(body).ok()?,
        };
        self.balances = reset.accounts;
        Some(Bytes::from_static(br#"{"status":"ok"}"#))
    }

    fn balance(&self, id: &str) -> Option<Bytes> {
        let balance = self.balances.get(&id.parse().ok()?)?;
        Some(json!({ "balance": balance }).to_string().into())
    }

    fn accounts(&self) -> Bytes {
        let total: i64 = self.balances.values().sum();
        json!({ "accounts": self.balances, "total": total }).to_string().into()
    }

    /// `1000000 9.99`
    fn count(&mut self) -> Bytes {
        let deposits = std::mem::take(&mut self.deposits);
        let span = self.first_and_last.take().map(|(first, last)| last - first);
        format!("{deposits} {}\n", span.unwrap_or_default().as_secs_f64()).into()
    }
}
