//! Seats in a theatre, on hyper, diesel-async and bb8. `DATABASE_URL` says where its
//! database is, `PORT` where it listens.
//!
//!     cargo build --example seats
//!     bankrun explore examples/explore/diesel/naive.yaml --database postgres://...
//!
//! `POST /naive/seats/1/take {"by":"Ann"}` gives one seat to two people; `/atomic` asks
//! and takes in one statement, and does not.

use std::convert::Infallible;
use std::env;
use std::error::Error;

use diesel::prelude::*;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS seats (id int PRIMARY KEY, taken_by text); \
                      INSERT INTO seats VALUES (1, NULL), (2, NULL) ON CONFLICT DO NOTHING";

diesel::table! {
    seats (id) {
        id -> Integer,
        taken_by -> Nullable<Text>,
    }
}

type Connections = Pool<AsyncPgConnection>;

/// Whether the seat was free. Another may take it between the question and the answer.
async fn take_naively(
    connection: &mut AsyncPgConnection,
    seat: i32,
    by: &str,
) -> QueryResult<bool> {
    let taken: Option<String> =
        seats::table.find(seat).select(seats::taken_by).first(connection).await?;
    if taken.is_some() {
        return Ok(false);
    }
    let seat = diesel::update(seats::table.find(seat));
    seat.set(seats::taken_by.eq(by)).execute(connection).await?;
    Ok(true)
}

/// Whether the seat was free, as the database says that takes it.
async fn take_atomically(
    connection: &mut AsyncPgConnection,
    seat: i32,
    by: &str,
) -> QueryResult<bool> {
    let free = seats::table.find(seat).filter(seats::taken_by.is_null());
    let taken = diesel::update(free).set(seats::taken_by.eq(by)).execute(connection).await?;
    Ok(taken == 1)
}

async fn take(
    pool: &Connections,
    way: &str,
    seat: &str,
    body: &[u8],
) -> Result<bool, Box<dyn Error>> {
    let seat: i32 = seat.parse()?;
    let body: Value = serde_json::from_slice(body)?;
    let by = body["by"].as_str().unwrap_or("nobody");
    let mut connection = pool.get().await?;
    let taken = match way {
        "naive" => connection.transaction(async |it| take_naively(it, seat, by).await).await?,
        _ => take_atomically(&mut connection, seat, by).await?,
    };
    Ok(taken)
}

async fn answer(
    pool: Connections,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let (status, text) = match path.trim_matches('/').split('/').collect::<Vec<_>>()[..] {
        [way @ ("naive" | "atomic"), "seats", seat, "take"] => {
            match take(&pool, way, seat, &body).await {
                Ok(true) => (StatusCode::OK, r#"{"taken":true}"#.to_owned()),
                Ok(false) => (StatusCode::CONFLICT, r#"{"error":"taken already"}"#.to_owned()),
                Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
            }
        }
        _ => (StatusCode::NOT_FOUND, String::new()),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let manager = AsyncDieselConnectionManager::new(env::var("DATABASE_URL")?);
    let pool: Connections = Pool::builder().build(manager).await?;
    pool.get().await?.batch_execute(SCHEMA).await?;
    let port: u16 = env::var("PORT").unwrap_or_default().parse().unwrap_or(3000);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let pool = pool.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(pool.clone(), request));
            // A client that hangs up is its own concern.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
