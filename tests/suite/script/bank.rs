//! A small service that stands for the bank, on a port of its own.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[derive(Clone, Default)]
pub(super) struct Bank {
    accounts: Arc<Mutex<BTreeMap<String, i64>>>,
    /// Requests as `POST /deposit`, in the order they came.
    pub(super) seen: Arc<Mutex<Vec<String>>>,
    /// Requests to `/meet/N` under way, and the most there ever were.
    together: Arc<(AtomicUsize, AtomicUsize)>,
    /// Reads, pauses, and only then writes: updates get lost.
    naive: bool,
}

impl Bank {
    pub(super) async fn start() -> (Self, String) {
        Self::default().serve().await
    }

    pub(super) async fn start_naive() -> (Self, String) {
        Self { naive: true, ..Self::default() }.serve().await
    }

    async fn serve(self) -> (Self, String) {
        for account in 1..=3 {
            self.accounts.lock().expect("accounts").insert(account.to_string(), 1000);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let bank = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let bank = bank.clone();
                let service = service_fn(move |request| {
                    let bank = bank.clone();
                    async move { Ok::<_, Infallible>(bank.answer(request).await) }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        (self, url)
    }

    pub(super) fn balance(&self, account: &str) -> i64 {
        self.accounts.lock().expect("accounts")[account]
    }

    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("requests").clone()
    }

    pub(super) fn most_together(&self) -> usize {
        self.together.1.load(Ordering::SeqCst)
    }

    /// Waits for so many requests at a time, though not for ever.
    async fn meet(&self, wanted: usize) -> Response<Full<Bytes>> {
        let (now, most) = &*self.together;
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        for _ in 0..500 {
            if most.load(Ordering::SeqCst) >= wanted {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        now.fetch_sub(1, Ordering::SeqCst);
        let met = most.load(Ordering::SeqCst) >= wanted;
        respond(if met { 200 } else { 504 }, json!({}))
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let path = head.uri.path().to_owned();
        self.seen.lock().expect("requests").push(format!("{} {path}", head.method));
        let json: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(wanted) = path.strip_prefix("/meet/") {
            return self.meet(wanted.parse().expect("a number")).await;
        }
        if let Some(status) = path.strip_prefix("/status/") {
            return respond(status.parse().expect("a status"), json!({ "left": 3 }));
        }
        match path.as_str() {
            "/health" => respond(200, json!({ "service": "bankrun" })),
            "/reset" => {
                let mut accounts = self.accounts.lock().expect("accounts");
                for (name, balance) in json["accounts"].as_object().into_iter().flatten() {
                    accounts.insert(name.clone(), balance.as_i64().expect("a balance"));
                }
                respond(200, json!({ "status": "ok" }))
            }
            "/deposit" => self.update(&json, 1).await,
            "/withdraw" => self.update(&json, -1).await,
            "/slow" => {
                tokio::time::sleep(Duration::from_secs(5)).await;
                respond(200, json!({}))
            }
            "/text" => Response::new(Full::from("plain")),
            "/echo" => {
                let headers: BTreeMap<&str, &str> = head
                    .headers
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or("")))
                    .collect();
                respond(
                    200,
                    json!({
                        "method": head.method.as_str(),
                        "query": head.uri.query(),
                        "headers": headers,
                        "body": String::from_utf8_lossy(&body),
                        "list": [{ "big": 9_007_199_254_740_993_i64 }, null],
                    }),
                )
            }
            _ => match path.strip_prefix("/balance/") {
                Some(account) => match self.accounts.lock().expect("accounts").get(account) {
                    Some(balance) => respond(200, json!({ "balance": balance })),
                    None => respond(404, json!({ "error": "Unknown account" })),
                },
                None => respond(404, json!({ "error": "Not found" })),
            },
        }
    }

    async fn update(&self, json: &Value, sign: i64) -> Response<Full<Bytes>> {
        let account = json["userId"].to_string().trim_matches('"').to_owned();
        let amount = json["amount"].as_i64().expect("an amount") * sign;
        let read = self.accounts.lock().expect("accounts").get(&account).copied();
        let Some(read) = read else { return respond(404, json!({ "error": "Unknown account" })) };
        if read + amount < 0 {
            return respond(400, json!({ "error": "Insufficient funds" }));
        }
        if self.naive {
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.accounts.lock().expect("accounts").insert(account, read + amount);
            return respond(200, json!({ "newBalance": read + amount }));
        }
        let mut accounts = self.accounts.lock().expect("accounts");
        let balance = accounts.get_mut(&account).expect("an account");
        *balance += amount;
        respond(200, json!({ "newBalance": *balance }))
    }
}

fn respond(status: u16, body: Value) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::from(body.to_string())).expect("a response")
}
