//! Bad requests of every kind: each is answered by name and changes nothing.

use bankrun::bank::BankOptions;
use serde_json::json;

use super::support::{Kind, database, get, post, request, send, start};

/// Method, path, content type, body; status, code, and what the message says.
type Bad = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
    u16,
    &'static str,
    &'static str,
);

const JSON: Option<&str> = Some("application/json");

const BAD: &[Bad] = &[
    ("POST", "/deposit", JSON, "", 400, "invalid_json", "the body is empty"),
    ("POST", "/deposit", JSON, "{", 400, "invalid_json", "line 1 column 1"),
    ("POST", "/deposit", JSON, "userId=1", 400, "invalid_json", "no valid JSON"),
    ("POST", "/deposit", JSON, "[1,10]", 400, "invalid_body", "the body is an array"),
    ("POST", "/deposit", JSON, "null", 400, "invalid_body", "the body is null"),
    ("POST", "/deposit", JSON, "{}", 400, "missing_field", "`userId` is missing"),
    ("POST", "/deposit", JSON, r#"{"userId":1}"#, 400, "missing_field", "`amount` is missing"),
    ("POST", "/withdraw", JSON, r#"{"amount":1}"#, 400, "missing_field", "`userId` is missing"),
    (
        "POST",
        "/deposit",
        JSON,
        r#"{"userId":1,"amount":0}"#,
        400,
        "invalid_amount",
        "from 1 to 9223372036854775807, not 0",
    ),
    ("POST", "/deposit", JSON, r#"{"userId":1,"amount":-5}"#, 400, "invalid_amount", "not -5"),
    ("POST", "/withdraw", JSON, r#"{"userId":1,"amount":-5}"#, 400, "invalid_amount", "not -5"),
    ("POST", "/deposit", JSON, r#"{"userId":1,"amount":1.5}"#, 400, "invalid_amount", "not 1.5"),
    ("POST", "/deposit", JSON, r#"{"userId":1,"amount":10.5}"#, 400, "invalid_amount", "not 10.5"),
    (
        "POST",
        "/deposit",
        JSON,
        r#"{"userId":1,"amount":1,"amount":10}"#,
        400,
        "duplicate_field",
        "`amount` is there twice",
    ),
    (
        "POST",
        "/transfer",
        JSON,
        r#"{"fromUserId":1,"toUserId":2,"amount":1,"from\u0055serId":3}"#,
        400,
        "duplicate_field",
        "`fromUserId` is there twice",
    ),
    (
        "POST",
        "/withdraw",
        JSON,
        r#"{"userId":1,"amount":1,"note":[{"x":1,"x":1}]}"#,
        400,
        "duplicate_field",
        "`x` is there twice",
    ),
    (
        "POST",
        "/reset",
        JSON,
        r#"{"accounts":{"1":1,"1":2}}"#,
        400,
        "duplicate_field",
        "`1` is there twice",
    ),
    (
        "POST",
        "/deposit",
        JSON,
        r#"{"userId":1,"amount":"10"}"#,
        400,
        "invalid_amount",
        "not the string \"10\"",
    ),
    ("POST", "/deposit", JSON, r#"{"userId":1,"amount":null}"#, 400, "invalid_amount", "not null"),
    ("POST", "/deposit", JSON, r#"{"userId":1,"amount":true}"#, 400, "invalid_amount", "not true"),
    (
        "POST",
        "/deposit",
        JSON,
        r#"{"userId":1,"amount":[10]}"#,
        400,
        "invalid_amount",
        "not an array",
    ),
    (
        "POST",
        "/deposit",
        JSON,
        r#"{"userId":1,"amount":9223372036854775808}"#,
        400,
        "invalid_amount",
        "not 9223372036854775808",
    ),
    (
        "POST",
        "/deposit",
        JSON,
        r#"{"userId":1,"amount":1e400}"#,
        400,
        "invalid_json",
        "number out of range",
    ),
    (
        "POST",
        "/deposit",
        JSON,
        r#"{"userId":1,"amount":9223372036854775807}"#,
        400,
        "overflow",
        "would exceed",
    ),
    (
        "POST",
        "/withdraw",
        JSON,
        r#"{"userId":1,"amount":9223372036854775807}"#,
        400,
        "insufficient_funds",
        "Insufficient funds",
    ),
    (
        "POST",
        "/deposit",
        JSON,
        r#"{"userId":"1","amount":10}"#,
        400,
        "invalid_account",
        "`userId` must be a whole number",
    ),
    ("POST", "/deposit", JSON, r#"{"userId":-1,"amount":10}"#, 400, "invalid_account", "not -1"),
    (
        "POST",
        "/deposit",
        JSON,
        r#"{"userId":9,"amount":10}"#,
        404,
        "unknown_account",
        "account 9 does not exist",
    ),
    (
        "POST",
        "/withdraw",
        JSON,
        r#"{"userId":9,"amount":10}"#,
        404,
        "unknown_account",
        "account 9 does not exist",
    ),
    (
        "POST",
        "/deposit",
        Some("text/plain"),
        r#"{"userId":1,"amount":10}"#,
        415,
        "unsupported_media_type",
        "`text/plain`; expected application/json",
    ),
    (
        "POST",
        "/deposit",
        Some("application/x-www-form-urlencoded"),
        "userId=1&amount=10",
        415,
        "unsupported_media_type",
        "expected application/json",
    ),
    (
        "POST",
        "/reset",
        Some("text/plain"),
        "x",
        415,
        "unsupported_media_type",
        "expected application/json",
    ),
    (
        "POST",
        "/transfer",
        JSON,
        "",
        400,
        "invalid_json",
        r#"expected {"fromUserId":1,"toUserId":2"#,
    ),
    (
        "POST",
        "/transfer",
        JSON,
        r#"{"toUserId":2,"amount":5}"#,
        400,
        "missing_field",
        "`fromUserId` is missing",
    ),
    (
        "POST",
        "/transfer",
        JSON,
        r#"{"fromUserId":1,"toUserId":"2","amount":5}"#,
        400,
        "invalid_account",
        "`toUserId` must be a whole number",
    ),
    (
        "POST",
        "/transfer",
        JSON,
        r#"{"fromUserId":1,"toUserId":2,"amount":0}"#,
        400,
        "invalid_amount",
        "not 0",
    ),
    (
        "POST",
        "/transfer",
        JSON,
        r#"{"fromUserId":1,"toUserId":1,"amount":5}"#,
        400,
        "same_account",
        "the same account, 1",
    ),
    (
        "POST",
        "/transfer",
        JSON,
        r#"{"fromUserId":1,"toUserId":2,"amount":1001}"#,
        400,
        "insufficient_funds",
        "Insufficient funds",
    ),
    (
        "POST",
        "/transfer",
        JSON,
        r#"{"fromUserId":1,"toUserId":9,"amount":5}"#,
        404,
        "unknown_account",
        "account 9 does not exist",
    ),
    ("GET", "/transfer", None, "", 405, "method_not_allowed", "use POST"),
    ("POST", "/reset", JSON, "[]", 400, "invalid_body", "the body is an array"),
    ("POST", "/reset", JSON, r#"{"accounts":{"1":-1}}"#, 400, "invalid_amount", "`accounts.1`"),
    (
        "POST",
        "/reset",
        JSON,
        r#"{"accounts":{"1":500,"x":1}}"#,
        400,
        "invalid_body",
        "an account `x`",
    ),
    (
        "POST",
        "/reset",
        JSON,
        r#"{"count":1000001,"balance":0}"#,
        400,
        "invalid_count",
        "from 1 to 1000000",
    ),
    ("POST", "/reset", JSON, r#"{"count":2}"#, 400, "missing_field", "`balance` is missing"),
    ("POST", "/reset", JSON, r#"{"user":1}"#, 400, "invalid_body", "`user` is no field"),
    ("GET", "/balance/9", None, "", 404, "unknown_account", "account 9"),
    ("GET", "/balance/one", None, "", 400, "invalid_account", "not `one`"),
    ("GET", "/balance/1.5", None, "", 400, "invalid_account", "not `1.5`"),
    ("GET", "/balance/99999999999999999999", None, "", 400, "invalid_account", "whole number"),
    ("GET", "/balance", None, "", 404, "not_found", "nothing at /balance"),
    ("GET", "/", None, "", 404, "not_found", "nothing at /"),
    (
        "POST",
        "/deposits",
        JSON,
        r#"{"userId":1,"amount":10}"#,
        404,
        "not_found",
        "nothing at /deposits",
    ),
    ("GET", "/deposit", None, "", 405, "method_not_allowed", "use POST"),
    ("PUT", "/deposit", JSON, r#"{"userId":1,"amount":10}"#, 405, "method_not_allowed", "use POST"),
    ("GET", "/reset", None, "", 405, "method_not_allowed", "use POST"),
    ("POST", "/accounts", JSON, "{}", 405, "method_not_allowed", "use GET, HEAD"),
    ("DELETE", "/balance/1", None, "", 405, "method_not_allowed", "use GET, HEAD"),
];

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_answered_by_name_and_change_nothing() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    for &(method, path, content_type, body, status, code, part) in BAD {
        let answer = send(bank.addr(), request(method, path, content_type, body)).await;
        let case = format!("{method} {path} {body}: {answer:?}");
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{case}");
        let message = answer.json()["error"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains(part), "{case}");
        assert_eq!(answer.headers["content-type"], "application/json", "{case}");
        assert_eq!(answer.headers.contains_key("allow"), status == 405, "{case}");
        let accounts = get(bank.addr(), "/accounts").await.json();
        assert_eq!(accounts["accounts"], json!({"1":1000,"2":1000,"3":1000}), "{case}");
    }
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_body_is_refused_whether_its_length_is_announced_or_not() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions { body_limit: 100, ..Default::default() }).await;
    let huge = format!(r#"{{"userId":1,"amount":10,"note":"{}"}}"#, "x".repeat(200));
    let answer = post(bank.addr(), "/deposit", &huge).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "payload_too_large"));
    assert!(answer.body.contains("larger than 100 bytes"), "{answer:?}");

    let chunked = format!(
        "POST /deposit HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n\
         {:x}\r\n{huge}\r\n0\r\n\r\n",
        huge.len()
    );
    let answer = raw(bank.addr(), chunked.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert_eq!(get(bank.addr(), "/balance/1").await.body, r#"{"balance":1000}"#);
    bank.shutdown().await;
}

/// A client that sends all before it reads, as most do, hears why it was refused.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_later_gets_its_answer_too() {
    use std::io::{Read, Write};
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    let addr = bank.addr();
    let large = "x".repeat(8 << 20);
    for (line, status) in [
        ("POST /deposit", 413),
        ("POST /nowhere", 404),
        ("PUT /deposit", 405),
        ("POST /deposit HTTP/1.1\r\norigin: http://evil.example", 403),
    ] {
        for chunked in [false, true] {
            let start =
                if line.contains("HTTP") { line.to_owned() } else { format!("{line} HTTP/1.1") };
            let body = match chunked {
                false => format!("content-length: {}\r\n\r\n{large}", large.len()),
                true => format!(
                    "transfer-encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n0\r\n\r\n",
                    large.len()
                ),
            };
            let request = format!("{start}\r\nhost: localhost\r\n{body}");
            let answer = tokio::task::spawn_blocking(move || {
                let mut stream = std::net::TcpStream::connect(addr).expect("a connection");
                stream.write_all(request.as_bytes()).expect("all is sent");
                // By now it is answered, and closed if it will be.
                std::thread::sleep(std::time::Duration::from_millis(100));
                stream.shutdown(std::net::Shutdown::Write).expect("still open");
                let mut answer = String::new();
                stream.read_to_string(&mut answer).expect("an answer");
                answer
            });
            let answer = answer.await.expect("no panic");
            let wanted = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&wanted), "{line} {chunked}: {answer}");
        }
    }
    bank.shutdown().await;
}

/// Whoever sends without end is not listened to for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_end_is_cut_off() {
    use tokio::io::AsyncWriteExt;
    let database = database(Kind::Sqlite).await;
    let body_timeout = std::time::Duration::from_millis(500);
    let bank = start(&database, BankOptions { body_timeout, ..Default::default() }).await;
    let mut stream = tokio::net::TcpStream::connect(bank.addr()).await.expect("a connection");
    let head = "POST /deposit HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let piece = [b'x'; 1024];
    let cut = async {
        while stream.write_all(&piece).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let cut = tokio::time::timeout(std::time::Duration::from_secs(30), cut).await;
    cut.expect("it ends");
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_one_host() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    let body = r#"{"userId":1,"amount":10}"#;
    let rest = format!("connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    for (version, hosts, status) in [
        ("1.1", "", 400),
        ("1.1", "host: localhost\r\nhost: localhost\r\n", 400),
        ("1.1", "host: localhost\r\nHost: evil.example\r\n", 400),
        ("1.0", "host: localhost\r\nhost: localhost\r\n", 400),
        ("1.1", "host: localhost\r\n", 200),
        ("1.0", "", 200),
    ] {
        for (line, mut wanted) in [
            ("GET /health", status),
            ("GET /balance/1", status),
            ("POST /deposit", status),
            ("GET /nowhere", status),
        ] {
            if line.ends_with("nowhere") && status == 200 {
                wanted = 404;
            }
            let request = format!("{line} HTTP/{version}\r\n{hosts}{rest}");
            let answer = raw(bank.addr(), request.as_bytes()).await;
            let starts = answer.split(' ').nth(1) == Some(&wanted.to_string());
            assert!(starts, "{line} {version} {hosts}: {answer}");
            assert_eq!(answer.contains("invalid_host"), wanted == 400, "{answer}");
        }
    }
    assert_eq!(get(bank.addr(), "/balance/1").await.body, r#"{"balance":1020}"#);
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_comes_is_408() {
    let database = database(Kind::Sqlite).await;
    let body_timeout = std::time::Duration::from_millis(50);
    let bank = start(&database, BankOptions { body_timeout, ..Default::default() }).await;
    let slow =
        b"POST /deposit HTTP/1.1\r\nhost: localhost\r\ncontent-length: 24\r\n\r\n{\"userId\"";
    let answer = raw(bank.addr(), slow).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("request_timeout"), "{answer}");
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_gets_an_error_and_the_bank_lives() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    let answer = raw(bank.addr(), b"\x16\x03\x01 hello\r\n\r\n").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(get(bank.addr(), "/health").await.status, 200);
    bank.shutdown().await;
}

/// Sends bytes as they are, and returns what comes back until the bank closes
/// the connection.
async fn raw(addr: std::net::SocketAddr, bytes: &[u8]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(addr).await.expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    String::from_utf8_lossy(&answer).into_owned()
}
