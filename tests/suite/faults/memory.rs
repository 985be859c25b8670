//! Clients that would have the server hold much for them: it has one measure for all
//! of them, and those who need little are served as ever.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::clients::{deposits, resident};
use super::servers::{ANYWHERE, Server};
use super::support::{asked, figure};
use crate::bank::{get, post};

/// What the server may have beside the 256 MiB for large bodies and answers, in KiB.
const MOST: u64 = (256 + 144) * 1024;

/// How the head of an answer begins, if one has come.
async fn status(stream: &mut TcpStream) -> Option<String> {
    let mut head = [0; 512];
    let length = stream.read(&mut head).await.ok().filter(|length| *length > 0)?;
    Some(String::from_utf8_lossy(&head[..length]).into_owned())
}

/// The most memory a server has until `over`.
fn watched(id: u32, over: tokio::sync::oneshot::Receiver<()>) -> tokio::task::JoinHandle<u64> {
    tokio::spawn(async move {
        let (mut most, mut over) = (0, over);
        while over.try_recv().is_err() {
            most = most.max(resident(id));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        most.max(resident(id))
    })
}

async fn is_refused(stream: &mut TcpStream) -> bool {
    let Some(head) = status(stream).await else { return false };
    assert!(head.starts_with("HTTP/1.1 503 ") && head.contains("retry-after: 1"), "{head}");
    true
}

/// Sends most of a body; whether it was refused meanwhile.
async fn half_send(addr: SocketAddr, piece: &[u8]) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(addr).await.expect("a connection");
    let head = "POST /deposit HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    for _ in 0..9 {
        stream.write_all(piece).await.expect("sent");
    }
    // Its refusal is there by now, or never comes.
    let answer = tokio::time::timeout(Duration::from_millis(300), is_refused(&mut stream)).await;
    if answer.unwrap_or(false) { None } else { Some(stream) }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_do_not_end_take_so_much_and_no_more() {
    let clients = asked("BANKRUN_HALF_SENT", 600);
    let server = Server::start("sqlite", ANYWHERE, &["--body-timeout", "120s"]).await;
    let (end, over) = tokio::sync::oneshot::channel();
    let most = watched(server.id(), over);
    let addr = server.addr;
    let (mut held, mut refused) = (Vec::new(), 0);
    let piece: std::sync::Arc<[u8]> = vec![b' '; 100_000].into();
    for _ in 0..clients.div_ceil(20) {
        let some = (0..20).map(|_| {
            let piece = piece.clone();
            tokio::spawn(async move { half_send(addr, &piece).await })
        });
        for client in some.collect::<Vec<_>>() {
            match client.await.expect("no panic") {
                Some(stream) => held.push(stream),
                None => refused += 1,
            }
        }
    }
    let acknowledged = deposits(addr, Duration::from_secs(1)).await;
    end.send(()).expect("it watches");
    let most = most.await.expect("a figure");
    figure(&format!(
        "{clients} bodies of 900 kB that do not end: {refused} refused, {most} KiB at most, \
         {acknowledged} deposits in a second beside them"
    ));
    assert!(most < MOST, "{most} KiB");
    assert!(refused > 0 && acknowledged > 0, "{refused} refused, {acknowledged} acknowledged");
    // With them goes what they held.
    drop(held);
    let began = Instant::now();
    while half_send(addr, &piece).await.is_none() {
        assert!(began.elapsed() < Duration::from_secs(20), "there is never room again");
    }
    server.end(Signal::SIGTERM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_readers_of_many_accounts_hold_up_no_deposit() {
    let (accounts, readers) = (asked("BANKRUN_ACCOUNTS", 300_000), asked("BANKRUN_READERS", 40));
    for database in ["sqlite", "postgres"] {
        let server = Server::start(database, ANYWHERE, &[]).await;
        let addr = server.addr;
        let reset =
            post(addr, "/reset", &format!(r#"{{"count":{accounts},"balance":1000}}"#)).await;
        assert_eq!(reset.status, 200, "{reset:?}");
        let alone = deposits(addr, Duration::from_secs(1)).await;
        let (end, over) = tokio::sync::oneshot::channel();
        let most = watched(server.id(), over);
        let mut streams = Vec::new();
        for _ in 0..readers {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.set_recv_buffer_size(4096).expect("small");
            let mut stream = socket.connect(addr).await.expect("a connection");
            let ask = "GET /accounts HTTP/1.1\r\nhost: localhost\r\n\r\n";
            stream.write_all(ask.as_bytes()).await.expect("sent");
            streams.push(stream);
        }
        let beside = deposits(addr, Duration::from_secs(2)).await;
        let mut answered = [0, 0];
        for stream in &mut streams {
            let head = tokio::time::timeout(Duration::from_secs(60), status(stream)).await;
            let head = head.expect("in time").unwrap_or_else(|| panic!("nothing came"));
            let refused = head.starts_with("HTTP/1.1 503 ");
            assert!(refused || head.starts_with("HTTP/1.1 200 "), "{head}");
            answered[usize::from(refused)] += 1;
        }
        end.send(()).expect("it watches");
        let most = most.await.expect("a figure");
        figure(&format!(
            "{database}: {alone} deposits in a second alone, {beside} in two beside {readers} slow \
             readers of {accounts} accounts; {} of them served, {} refused; {most} KiB at most",
            answered[0], answered[1],
        ));
        assert!(beside > alone / 20, "{alone} alone, {beside} beside");
        assert!(most < MOST, "{most} KiB");
        drop(streams);
        let began = Instant::now();
        while get(addr, "/accounts").await.status != 200 {
            assert!(began.elapsed() < Duration::from_secs(20), "there is never room again");
        }
        server.end(Signal::SIGTERM).await;
    }
}
