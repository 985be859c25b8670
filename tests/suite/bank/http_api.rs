//! The HTTP API over a real socket, with good and with bad input.

use bankrun::bank::{BankOptions, Mode};
use serde_json::json;

use super::support::{Kind, database, get, post, request, send, start};

#[tokio::test(flavor = "multi_thread")]
async fn answers_the_original_clients_as_they_expect() {
    for kind in Kind::ALL {
        for mode in kind.modes() {
            let database = database(kind).await;
            let bank = start(&database, BankOptions { mode, ..Default::default() }).await;
            let addr = bank.addr();
            let reset = post(addr, "/reset", "").await;
            assert_eq!((reset.status, reset.body.as_str()), (200, r#"{"status":"ok"}"#));
            let deposit = post(addr, "/deposit", r#"{"userId":1,"amount":10}"#).await;
            assert_eq!((deposit.status, deposit.body.as_str()), (200, r#"{"newBalance":1010}"#));
            let withdraw = post(addr, "/withdraw", r#"{"userId":1,"amount":5}"#).await;
            assert_eq!((withdraw.status, withdraw.body.as_str()), (200, r#"{"newBalance":1005}"#));
            let balance = get(addr, "/balance/1").await;
            assert_eq!((balance.status, balance.body.as_str()), (200, r#"{"balance":1005}"#));
            let transfer = r#"{"fromUserId":1,"toUserId":2,"amount":5}"#;
            let transfer = post(addr, "/transfer", transfer).await;
            let expected = r#"{"fromBalance":1000,"toBalance":1005}"#;
            assert_eq!((transfer.status, transfer.body.as_str()), (200, expected));
            let refused = post(addr, "/withdraw", r#"{"userId":1,"amount":9999}"#).await;
            assert_eq!(refused.status, 400);
            let error = json!({"error": "Insufficient funds", "code": "insufficient_funds"});
            assert_eq!(refused.json(), error);
            bank.shutdown().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn resets_in_every_form() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    for (content_type, body, accounts) in [
        (Some("application/json"), r#"{"accounts":{"10":5,"2":0}}"#, r#"{"2":0,"10":5},"total":5"#),
        (None, r#"{"count":2,"balance":7}"#, r#"{"1":7,"2":7},"total":14"#),
        (None, "", r#"{"1":1000,"2":1000,"3":1000},"total":3000"#),
        (Some("text/plain"), "", r#"{"1":1000,"2":1000,"3":1000},"total":3000"#),
        (Some("application/json; charset=utf-8"), r#"{"accounts":{}}"#, r#"{},"total":0"#),
        (
            Some("application/json"),
            r#"{"accounts":{"1":9223372036854775807,"2":9223372036854775807}}"#,
            r#"{"1":9223372036854775807,"2":9223372036854775807},"total":18446744073709551614"#,
        ),
        (Some("application/json"), "{}", r#"{"1":1000,"2":1000,"3":1000},"total":3000"#),
    ] {
        let answer = send(bank.addr(), request("POST", "/reset", content_type, body)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"ok"}"#), "{body}");
        let all = get(bank.addr(), "/accounts").await;
        assert_eq!(all.body, format!(r#"{{"accounts":{accounts}}}"#), "{body}");
    }
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn head_works_where_get_does() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    for path in ["/balance/1", "/accounts", "/health", "/metrics", "/openapi.json"] {
        let answer = send(bank.addr(), request("HEAD", path, None, "")).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{path}");
    }
    let answer = send(bank.addr(), request("HEAD", "/balance/9", None, "")).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, ""));
    let answer = send(bank.addr(), request("HEAD", "/deposit", None, "")).await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.headers["allow"], "POST");
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_what_this_is() {
    for (kind, name) in [(Kind::Sqlite, "SQLite 3."), (Kind::Postgres, "PostgreSQL 1")] {
        let database = database(kind).await;
        let race_window = "0..5ms".parse().expect("a pause");
        let options = BankOptions { mode: Mode::Naive, race_window, ..Default::default() };
        let bank = start(&database, options).await;
        let health = get(bank.addr(), "/health").await;
        assert_eq!(health.status, 200);
        let found = health.json()["database"].as_str().unwrap_or_default().to_owned();
        assert!(found.starts_with(name) && found == bank.database(), "{found}");
        let expected = json!({
            "service": "bankrun", "version": env!("CARGO_PKG_VERSION"), "mode": "naive",
            "database": found, "race_window": "0..5ms",
            "lose_answers": "0%",
        });
        assert_eq!(health.json(), expected);
        bank.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_requests_and_updates() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    post(bank.addr(), "/deposit", r#"{"userId":1,"amount":10}"#).await;
    post(bank.addr(), "/withdraw", r#"{"userId":1,"amount":9999}"#).await;
    get(bank.addr(), "/balance/1").await;
    get(bank.addr(), "/nowhere").await;
    let answer = get(bank.addr(), "/metrics").await;
    assert!(answer.headers["content-type"].to_str().is_ok_and(|t| t.starts_with("text/plain")));
    for line in [
        r#"bankrun_http_requests_total{method="POST",route="/deposit",status="200"} 1"#,
        r#"bankrun_http_requests_total{method="POST",route="/withdraw",status="400"} 1"#,
        r#"bankrun_http_requests_total{method="GET",route="/balance/:userId",status="200"} 1"#,
        r#"bankrun_http_requests_total{method="GET",route="unmatched",status="404"} 1"#,
        r#"bankrun_http_request_duration_seconds_count{route="/deposit"} 1"#,
        r#"bankrun_updates_total{operation="deposit",outcome="ok"} 1"#,
        r#"bankrun_updates_total{operation="withdraw",outcome="rejected"} 1"#,
        "bankrun_http_requests_in_flight 1",
        "bankrun_pool_idle_connections 1",
    ] {
        assert!(answer.body.lines().any(|found| found == line), "{line} in {}", answer.body);
    }
    bank.shutdown().await;
}
