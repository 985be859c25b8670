use bankrun::engine::Transport;
use bankrun::scenario::HttpOptions;

use super::asking::{TIMEOUT, client, client_with, ended, get, not_sent, post, unknown};
use crate::support::{Bankrun, Recorder, Sent, SmallBank};

#[tokio::test]
async fn one_connection_carries_all_requests() {
    let server = Recorder::start(|_| Sent::ok("fine")).await;
    let mut client = client(&server.url());
    for _ in 0..200 {
        client.send(get("/")).await.expect("an answer");
    }
    assert_eq!((server.connections(), server.seen().len()), (1, 200));
    let seen = &server.seen()[0];
    assert_eq!(seen.header("user-agent"), Some(concat!("bankrun/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(seen.header("host"), Some(server.address.to_string().as_str()));
    assert_eq!(seen.header("accept-encoding"), None);
}

#[tokio::test]
async fn or_each_request_has_its_own() {
    let server = Recorder::start(|_| Sent::ok("fine")).await;
    let options = HttpOptions { no_connection_reuse: true, ..HttpOptions::default() };
    let mut client = client_with(&server.url(), options);
    for _ in 0..3 {
        client.send(get("/")).await.expect("an answer");
    }
    assert_eq!(server.connections(), 3);
    assert_eq!(server.seen()[0].header("connection"), Some("close"));
}

#[tokio::test]
async fn or_each_iteration() {
    let server = Recorder::start(|_| Sent::ok("fine")).await;
    let options = HttpOptions { no_vu_connection_reuse: true, ..HttpOptions::default() };
    let mut client = client_with(&server.url(), options);
    for _ in 0..2 {
        client.send(get("/")).await.expect("an answer");
        client.send(get("/")).await.expect("an answer");
        client.end_iteration();
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn other_origins_have_connections_beside_the_targets() {
    let target = Recorder::start(|_| Sent::ok("target")).await;
    let other = Recorder::start(|_| Sent::ok("other")).await;
    let headers = [("X-Tenant".to_owned(), "blue".to_owned())].into();
    let options = HttpOptions { headers, ..HttpOptions::default() };
    let mut client = client_with(&target.url(), options);
    for _ in 0..3 {
        let answer = client.send(get(&format!("{}/a?b", other.url()))).await.expect("an answer");
        assert_eq!(answer.body, "other");
        let answer = client.send(get(&format!("{}/x", target.url()))).await.expect("an answer");
        assert_eq!(answer.body, "target");
        client.send(get("/y")).await.expect("an answer");
    }
    assert_eq!((target.connections(), other.connections()), (1, 1));
    assert_eq!(other.lines(), ["GET /a?b"; 3]);
    // What is said of the target's requests is said to the target alone.
    assert_eq!(target.seen()[0].header("x-tenant"), Some("blue"));
    assert_eq!(other.seen()[0].header("x-tenant"), None);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced() {
    let server =
        Recorder::start(|_| Sent::status(200, &[("connection", "close")], "bye").then_close())
            .await;
    let mut client = client(&server.url());
    for _ in 0..3 {
        client.send(get("/")).await.expect("an answer");
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn whoever_hangs_up_without_a_word_may_have_acted() {
    let server = Recorder::start(|seen| match seen.line.as_str() {
        "GET /ok" => Sent::ok("fine"),
        "GET /cut" => Sent::bytes("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"),
        "GET /large" => Sent::bytes("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n"),
        _ => Sent::nothing(),
    })
    .await;
    let mut client = client(&server.url());
    client.send(get("/ok")).await.expect("an answer");
    let cause = unknown(client.send(post("/", "hello")).await);
    assert_eq!(cause, "the connection was closed before the answer");
    let cause = unknown(client.send(get("/cut")).await);
    assert!(cause.contains("broke off"), "{cause}");
    // Sent once: what may have been acted upon is not repeated.
    assert_eq!(server.lines(), ["GET /ok", "POST /", "GET /cut"]);
    unknown(client.send(get("/large")).await);
    client.send(get("/ok")).await.expect("an answer");
}

#[tokio::test]
async fn nothing_was_sent_where_nobody_listens() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let mut client = client(&format!("http://{address}"));
    let cause = not_sent(client.send(get("/")).await);
    assert!(cause.contains("connection refused"), "{cause}");
    let mut client =
        Transport::default().client("http://localhost:1".parse().expect("a target"), TIMEOUT);
    let cause = not_sent(client.send(get(&format!("http://{address}/"))).await);
    assert!(cause.contains(&address.to_string()), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_says_how_requests_travel() {
    let bank = SmallBank::default();
    let server = Recorder::start(move |seen| bank.answer(seen)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("s.yaml");
    let text = format!(
        "target: {}\nhttp: {{ no_vu_connection_reuse: true, headers: {{ X-Tenant: blue }}, user_agent: mine }}\n\
         accounts: {{ 1: 1000 }}\nscenarios: {{ a: {{ executor: shared-iterations, operations: [{{ deposit: 1, account: 1, count: 5 }}] }} }}",
        server.url()
    );
    std::fs::write(&file, text).expect("written");
    ended(Bankrun::new(&[file.to_str().expect("a path")])).await.code(0);
    let deposits: Vec<_> =
        server.seen().into_iter().filter(|seen| seen.line == "POST /deposit").collect();
    assert_eq!(deposits.len(), 5);
    assert_eq!(deposits[0].header("x-tenant"), Some("blue"));
    assert_eq!(deposits[0].header("user-agent"), Some("mine"));
    let mut connections: Vec<usize> = deposits.iter().map(|seen| seen.connection).collect();
    connections.dedup();
    assert_eq!(connections.len(), 5);
}
