//! Web pages of strangers: a browser sends what they ask it to, to this machine and
//! to its network, too. None of them moves any money.

use std::net::SocketAddr;

use bankrun::bank::{Access, Bank, BankOptions, Database};
use hyper::Request;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::support::{Kind, database, get, post, send, start};
use crate::support::Chromium;

/// All that changes balances.
const CHANGES: [(&str, &str); 4] = [
    ("/deposit", r#"{"userId":1,"amount":10}"#),
    ("/withdraw", r#"{"userId":1,"amount":10}"#),
    ("/transfer", r#"{"fromUserId":1,"toUserId":2,"amount":5}"#),
    ("/reset", r#"{"accounts":{"1":0}}"#),
];

async fn banks() -> Vec<(Bank, Database)> {
    let mut banks = Vec::new();
    for access in [Access::Local, Access::Open, Access::Token("s3cret".parse().expect("a token"))] {
        let database = database(Kind::Sqlite).await;
        banks
            .push((start(&database, BankOptions { access, ..Default::default() }).await, database));
    }
    banks
}

async fn nothing_has_moved(addr: SocketAddr, case: &str) {
    let accounts = get(addr, "/accounts").await.json();
    assert_eq!(accounts["accounts"], json!({"1":1000,"2":1000,"3":1000}), "{case}");
}

fn request(path: &str, body: &str, headers: &[(&str, &str)]) -> Request<String> {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.to_owned()).expect("a request")
}

/// What browsers send for such a page: no preflight asks before, as neither method,
/// headers nor content type need one.
#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_another_origin_moves_money() {
    for (bank, _database) in banks().await {
        let host = bank.addr().to_string();
        for (path, body) in CHANGES {
            for headers in [
                // A plain fetch, and one of an older browser.
                &[
                    ("host", &*host),
                    ("origin", "http://evil.example"),
                    ("sec-fetch-site", "cross-site"),
                ][..],
                &[("host", &host), ("origin", "http://evil.example")],
                // In a sandboxed frame, or from a file.
                &[("host", &host), ("origin", "null")],
                // From another port of this machine.
                &[
                    ("host", &host),
                    ("origin", "http://127.0.0.1:1"),
                    ("sec-fetch-site", "same-site"),
                ],
                &[("host", &host), ("sec-fetch-site", "cross-site")],
                // A name of its own that was made to point here.
                &[("host", "evil.example:3000"), ("origin", "http://evil.example:3000")],
            ] {
                let answer = send(bank.addr(), request(path, body, headers)).await;
                let case = format!("{path} {headers:?}: {answer:?}");
                // Who has no token hears of that, or of being a page.
                assert!([401, 403, 421].contains(&answer.status), "{case}");
                nothing_has_moved(bank.addr(), &case).await;
            }
        }
        bank.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_page_of_somebody_else_moves_it() {
    for (bank, _database) in banks().await {
        let addr = bank.addr();
        let plain = post(addr, "/deposit", CHANGES[0].1).await;
        assert_eq!(plain.json(), json!({"newBalance": 1010}), "{plain:?}");
        let host = format!("localhost:{}", addr.port());
        let own = format!("http://{host}");
        for headers in [
            &[("host", &*host), ("origin", &*own), ("sec-fetch-site", "same-origin")][..],
            &[("host", &host), ("sec-fetch-site", "none")],
            &[("host", "host.docker.internal:3000")],
        ] {
            for (path, body) in [CHANGES[0], CHANGES[1]] {
                let answer = send(addr, request(path, body, headers)).await;
                assert_eq!(answer.status, 200, "{headers:?}: {answer:?}");
            }
        }
        bank.shutdown().await;
    }
}

/// By whatever name containers, proxies and networks know it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_others_reach_may_have_any_name() {
    let banks = banks().await;
    for (bank, _database) in &banks[1..] {
        for host in ["server:3000", "bank.example", "10.0.0.7:3000"] {
            let answer =
                send(bank.addr(), request("/deposit", CHANGES[0].1, &[("host", host)])).await;
            assert_eq!(answer.status, 200, "{host}: {answer:?}");
        }
    }
    let (bank, _database) = &banks[0];
    let answer =
        send(bank.addr(), request("/deposit", CHANGES[0].1, &[("host", "bank.example")])).await;
    assert_eq!((answer.status, &*answer.code()), (421, "foreign_host"), "{answer:?}");
}

/// Serves an empty page to whoever asks.
async fn stranger() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\
                            connection: close\r\n\r\n<!doctype html>";
                let _ = stream.write_all(page.as_bytes()).await;
            });
        }
    });
    addr
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_a_real_browser_moves_no_money() {
    const FETCH: &str = "const [url, body, done] = arguments;\
        fetch(url, { method: 'POST', mode: 'no-cors', body: new Blob([body]) })\
            .then(() => done('sent'), (error) => done(String(error)));";
    let browser = Chromium::start().await;
    let page = stranger().await;
    let banks = banks().await;
    for origin in [format!("http://{page}/"), format!("http://localhost:{}/", page.port())] {
        browser.client.goto(&origin).await.expect("a page");
        for (bank, _database) in &banks {
            for (path, body) in CHANGES {
                let url = format!("http://{}{path}", bank.addr());
                let sent = browser.client.execute_async(FETCH, vec![json!(url), json!(body)]).await;
                let case = format!("{origin} {url}: {sent:?}");
                assert_eq!(sent.expect("a script"), json!("sent"), "{case}");
                nothing_has_moved(bank.addr(), &case).await;
            }
        }
    }
    browser.close().await;
}
