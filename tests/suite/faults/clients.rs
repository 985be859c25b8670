//! Clients that are slow, idle, gone, too many, or ask for too much.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bankrun::bank::{BankOptions, Database, DatabaseSpec};
use bankrun::model::Pause;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::servers::{ANYWHERE, Server};
use super::support::{
    DEPOSIT, asked, bank, cluster, correct_modes, create, figure, look_into, nothing_left_behind,
    until_served,
};
use crate::bank::{eventually, get, start};

/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(10);

async fn on_sqlite(options: BankOptions) -> (bankrun::bank::Bank, Database) {
    let database = Database::open(&DatabaseSpec::Sqlite).await.expect("a file");
    (start(&database, options).await, database)
}

/// What comes back for these bytes until the connection is closed, and when.
async fn raw(addr: SocketAddr, bytes: &[u8]) -> (String, Duration) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(addr).await.expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    let mut answer = Vec::new();
    let all = stream.read_to_end(&mut answer);
    // Closed with a reset counts, too.
    let _ = tokio::time::timeout(SLACK, all).await.expect("it closes the connection");
    (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_beyond_the_limits_is_431() {
    let options = BankOptions { header_limit: 1024, max_headers: 10, ..Default::default() };
    let (bank, _database) = on_sqlite(options).await;
    let large = format!("GET /health HTTP/1.1\r\nhost: b\r\nx: {}\r\n\r\n", "y".repeat(2000));
    let many: String = (0..20).map(|n| format!("x{n}: y\r\n")).collect();
    let many = format!("GET /health HTTP/1.1\r\nhost: b\r\n{many}\r\n");
    for head in [large, many] {
        let (answer, _) = raw(bank.addr(), head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    assert_eq!(get(bank.addr(), "/health").await.status, 200);
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_slow_with_a_head_or_idle_for_too_long_is_let_go() {
    let (short, long) = (Duration::from_millis(200), Duration::from_secs(60));
    let timeouts = |header_timeout, idle_timeout| BankOptions {
        header_timeout,
        idle_timeout,
        ..Default::default()
    };
    let (bank, _database) = on_sqlite(timeouts(short, long)).await;
    let (answer, took) = raw(bank.addr(), b"GET /health HTTP/1.1\r\nhost: ").await;
    assert!(answer.is_empty() && took >= short, "{took:?} {answer}");
    // The second request of a connection, too; the first is answered.
    let second = b"GET /health HTTP/1.1\r\nhost: b\r\n\r\n";
    let mut stream = TcpStream::connect(bank.addr()).await.expect("a connection");
    stream.write_all(second).await.expect("sent");
    assert!(stream.read(&mut [0; 4096]).await.expect("an answer") > 0);
    tokio::time::sleep(2 * short).await;
    stream.write_all(&second[..20]).await.expect("idle for longer, and still there");
    let closed = tokio::time::timeout(SLACK, stream.read(&mut [0; 64])).await;
    assert!(matches!(closed.expect("in time"), Ok(0) | Err(_)));
    bank.shutdown().await;

    let (bank, _database) = on_sqlite(timeouts(long, short)).await;
    let (answer, took) = raw(bank.addr(), b"").await;
    assert!(answer.is_empty() && took >= short, "{took:?} {answer}");
    let body = r#"{"userId":1,"amount":10}"#;
    let head = "POST /deposit HTTP/1.1\r\nhost: localhost\r\n";
    let plain = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    let chunks = format!("{:x}\r\n{body}\r\n0\r\n", body.len());
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{chunks}\r\n");
    let trailed = format!("{head}transfer-encoding: chunked\r\n\r\n{chunks}x: y\r\n\r\n");
    for _ in 0..3 {
        for whole in [&plain, &chunked, &trailed] {
            let (answer, took) = raw(bank.addr(), whole.as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 200 ") && took >= short, "{took:?} {answer}");
        }
    }
    bank.shutdown().await;
}

/// Idle is who asks nothing, however old the connection is.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_now_and_then_is_not_idle_until_it_stops() {
    let idle_timeout = Duration::from_secs(1);
    let (bank, _database) = on_sqlite(BankOptions { idle_timeout, ..Default::default() }).await;
    let mut stream = TcpStream::connect(bank.addr()).await.expect("a connection");
    let connected = Instant::now();
    while connected.elapsed() < 2 * idle_timeout {
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: b\r\n\r\n").await.expect("sent");
        assert!(stream.read(&mut [0; 4096]).await.expect("an answer") > 0, "it was let go");
        tokio::time::sleep(idle_timeout / 4).await;
    }
    let last = Instant::now();
    let closed = tokio::time::timeout(SLACK, stream.read(&mut [0; 64])).await;
    assert!(matches!(closed.expect("in time"), Ok(0) | Err(_)));
    assert!(last.elapsed() >= idle_timeout / 2, "{:?}", last.elapsed());
    bank.shutdown().await;
}

/// A client that asks and asks and takes nothing in.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_no_answer_is_let_go() {
    let body_timeout = Duration::from_millis(300);
    let (bank, _database) = on_sqlite(BankOptions { body_timeout, ..Default::default() }).await;
    let many = crate::bank::post(bank.addr(), "/reset", r#"{"count":30000,"balance":1}"#).await;
    assert_eq!(many.status, 200, "{many:?}");
    let mut stream = TcpStream::connect(bank.addr()).await.expect("a connection");
    let ask = b"GET /accounts HTTP/1.1\r\nhost: b\r\n\r\n".repeat(100);
    stream.write_all(&ask).await.expect("sent");
    eventually("it is let go", async || {
        let metrics = get(bank.addr(), "/metrics").await.body;
        metrics.contains("\nbankrun_http_connections 1\n")
    })
    .await;
    drop(stream);
    bank.shutdown().await;
}

/// A client that takes in a few bytes now and then.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_its_answer_in_drops_is_let_go() {
    let body_timeout = Duration::from_millis(300);
    let (bank, _database) = on_sqlite(BankOptions { body_timeout, ..Default::default() }).await;
    let many = crate::bank::post(bank.addr(), "/reset", r#"{"count":30000,"balance":1}"#).await;
    assert_eq!(many.status, 200, "{many:?}");
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("small");
    let mut stream = socket.connect(bank.addr()).await.expect("a connection");
    let ask = b"GET /accounts HTTP/1.1\r\nhost: b\r\n\r\n".repeat(100);
    stream.write_all(&ask).await.expect("sent");
    let drops = tokio::spawn(async move {
        while stream.read_exact(&mut [0; 20]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    eventually("it is let go", async || {
        let metrics = get(bank.addr(), "/metrics").await.body;
        metrics.contains("\nbankrun_http_connections 1\n")
    })
    .await;
    drops.abort();
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_no_free_connection_hears_503() {
    let (bank, _database) =
        on_sqlite(BankOptions { max_connections: 2, ..Default::default() }).await;
    let one = TcpStream::connect(bank.addr()).await.expect("a connection");
    let two = TcpStream::connect(bank.addr()).await.expect("a connection");
    eventually("both have a place", async || {
        let answer = get(bank.addr(), "/health").await;
        answer.status == 503
            && answer.code() == "unavailable"
            && answer.headers.contains_key("retry-after")
    })
    .await;
    drop((one, two));
    eventually("there is room again", async || get(bank.addr(), "/health").await.status == 200)
        .await;
    let metrics = get(bank.addr(), "/metrics").await.body;
    assert!(!metrics.contains("\nbankrun_http_connections_refused_total 0\n"), "{metrics}");
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_too_long_is_given_up() {
    let options = BankOptions {
        race_window: Pause::fixed(Duration::from_secs(30)),
        request_timeout: Duration::from_millis(200),
        ..Default::default()
    };
    let (bank, _database) = on_sqlite(options).await;
    let answer = crate::bank::post(bank.addr(), "/deposit", DEPOSIT).await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "outcome_unknown"), "{answer:?}");
    assert_eq!(get(bank.addr(), "/balance/1").await.body, r#"{"balance":1000}"#);
    bank.shutdown().await;
}

/// Clients that hang up, in the head, in the body, and while they are served.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_hangs_up_leaves_no_transaction_and_no_lock() {
    let cluster = cluster(&["max_connections=400"]).await;
    let request = format!(
        "POST /deposit HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{DEPOSIT}",
        DEPOSIT.len()
    );
    for mode in correct_modes() {
        create(&cluster, mode.name()).await;
        let race_window = "0..20ms".parse().expect("a pause");
        let options = BankOptions { race_window, ..Default::default() };
        let (bank, _database) = bank(&cluster.url(mode.name()), mode, options).await;
        let addr = bank.addr();
        for round in 0..60 {
            let mut client = TcpStream::connect(addr).await.expect("a connection");
            let sent = match round % 3 {
                0 => request.len() / 2,
                1 => request.len() - 5,
                _ => request.len(),
            };
            client.write_all(&request.as_bytes()[..sent]).await.expect("sent");
            tokio::time::sleep(Duration::from_millis(round % 7)).await;
            drop(client);
        }
        let client = look_into(&cluster, mode.name()).await;
        eventually("all that was whole is done", async || {
            get(addr, "/balance/1").await.body == r#"{"balance":1020}"#
        })
        .await;
        eventually("nobody is served any more", async || {
            let metrics = get(addr, "/metrics").await.body;
            metrics.contains("bankrun_http_requests_in_flight 1\n")
        })
        .await;
        eventually("nothing is left behind", async || nothing_left_behind(&client).await).await;
        // And nothing else.
        assert_eq!(get(addr, "/balance/1").await.body, r#"{"balance":1020}"#, "{mode}");
        until_served(addr).await;
        bank.shutdown().await;
    }
    cluster.stop().await;
}

/// Deposits one after the other over eight connections, for as long as it is
/// told; how many were acknowledged.
pub(super) async fn deposits(addr: SocketAddr, length: Duration) -> u64 {
    let request = format!(
        "POST /deposit HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{DEPOSIT}",
        DEPOSIT.len()
    );
    let deadline = Instant::now() + length;
    let clients = (0..8).map(|_| {
        let request = request.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(addr).await.expect("a connection");
            let (mut acknowledged, mut answer) = (0, [0; 4096]);
            while Instant::now() < deadline {
                stream.write_all(request.as_bytes()).await.expect("sent");
                let length = stream.read(&mut answer).await.expect("an answer");
                assert!(answer[..length].starts_with(b"HTTP/1.1 200 "), "refused");
                acknowledged += 1;
            }
            acknowledged
        })
    });
    let mut all = 0;
    for client in clients.collect::<Vec<_>>() {
        all += client.await.expect("it was served");
    }
    all
}

/// Slow heads and idle connections beside deposits. `BANKRUN_SLOW` and
/// `BANKRUN_IDLE` say how many of each.
#[tokio::test(flavor = "multi_thread")]
async fn slow_and_idle_clients_hold_up_nobody() {
    let (slow, idle) = (asked("BANKRUN_SLOW", 100), asked("BANKRUN_IDLE", 300));
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("may be raised");
    }
    let length = Duration::from_secs(asked("BANKRUN_SECONDS", 1));
    let server = Server::start("postgres", ANYWHERE, &[]).await;
    let alone = deposits(server.addr, length).await;

    let mut held = Vec::new();
    for _ in 0..idle {
        held.push(TcpStream::connect(server.addr).await.expect("a connection"));
    }
    for _ in 0..slow {
        let mut stream = TcpStream::connect(server.addr).await.expect("a connection");
        stream.write_all(b"POST /deposit HTTP/1.1\r\nho").await.expect("sent");
        held.push(stream);
    }
    let beside = deposits(server.addr, length).await;
    let memory = resident(server.id());
    figure(&format!(
        "{alone} deposits in {length:?} alone, {beside} beside {slow} slow and {idle} idle \
         connections; the server has {memory} KiB"
    ));
    assert!(beside > alone / 4, "{alone} alone, {beside} beside");
    drop(held);
    server.end(Signal::SIGTERM).await;
}

/// Deposits at full load for a while: neither memory nor descriptors grow.
/// `BANKRUN_SOAK` says for how many seconds.
#[tokio::test(flavor = "multi_thread")]
async fn memory_and_descriptors_stay_flat_at_full_load() {
    let length = Duration::from_secs(asked("BANKRUN_SOAK", 4));
    let server = Server::start("postgres", ANYWHERE, &["--race-window", "0"]).await;
    let (addr, id) = (server.addr, server.id());
    let load = tokio::spawn(deposits(addr, length));
    tokio::time::sleep(length / 4).await;
    let (memory, files) = (resident(id), descriptors(id));
    let (mut most, mut most_files) = (memory, files);
    while !load.is_finished() {
        tokio::time::sleep(Duration::from_millis(200)).await;
        most = most.max(resident(id));
        most_files = most_files.max(descriptors(id));
    }
    let acknowledged = load.await.expect("it was served");
    let balance = get(addr, "/balance/1").await.json()["balance"].as_u64();
    assert_eq!(balance, Some(1000 + acknowledged));
    figure(&format!(
        "{acknowledged} deposits in {length:?}: {memory} KiB and {files} descriptors after a \
         quarter of it, {most} KiB and {most_files} at most after that"
    ));
    assert!(most < memory + memory / 4 + 8 * 1024, "{memory} KiB became {most}");
    assert!(most_files <= files + 8, "{files} descriptors became {most_files}");
    server.end(Signal::SIGTERM).await;
}

/// The memory of a process that is in use, in KiB.
pub(super) fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()).expect("a number");
    number.parse().expect("a number")
}

fn descriptors(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd")).expect("it runs").count()
}
