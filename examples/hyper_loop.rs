//! A load generator with nothing in it: so many connections, each of which sends
//! a deposit, awaits the answer, and sends the next. No template, no clock, no
//! record. What a generator that is built on hyper's client costs more than this
//! is its own.
//!
//!     cargo run --release --example null_server -- 3999
//!     cargo run --release --example hyper_loop -- 127.0.0.1:3999 64 10   # connections, seconds
//!
//! Prints how many answers there were, all of them 200.

#![expect(clippy::print_stdout, reason = "the number is what it is for")]

use std::cell::Cell;
use std::error::Error;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

const BODY: &str = r#"{"userId":1,"amount":10}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, connections, seconds] = &arguments[..] else {
        return Err("expected an address, a number of connections and one of seconds".into());
    };
    let address: SocketAddr = address.parse()?;
    let seconds = Duration::from_secs(seconds.parse()?);
    let (answers, over) = (Rc::new(Cell::new(0_u64)), Rc::new(Cell::new(false)));
    let all = LocalSet::new();
    for _ in 0..connections.parse()? {
        let (answers, over) = (answers.clone(), over.clone());
        all.spawn_local(async move {
            if let Err(error) = repeat(address, &answers, &over).await {
                println!("a connection broke: {error}");
                std::process::exit(1);
            }
        });
    }
    all.spawn_local(async move {
        tokio::time::sleep(seconds).await;
        over.set(true);
    });
    all.await;
    println!("{} answers", answers.get());
    Ok(())
}

/// One connection, until it is over.
async fn repeat(
    address: SocketAddr,
    answers: &Cell<u64>,
    over: &Cell<bool>,
) -> Result<(), Box<dyn Error>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::task::spawn_local(connection);
    while !over.get() {
        let request = Request::post("/deposit")
            .header(HOST, "127.0.0.1")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from_static(BODY.as_bytes())))?;
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(response.status().to_string().into());
        }
        response.into_body().collect().await?;
        answers.set(answers.get() + 1);
    }
    Ok(())
}
