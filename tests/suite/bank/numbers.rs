//! Numbers are what they are, however they are written, and nothing is said twice.

use bankrun::bank::BankOptions;
use serde_json::json;

use super::support::{Kind, database, get, post, start};

#[tokio::test(flavor = "multi_thread")]
async fn whole_numbers_may_be_written_in_any_way() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    let mut balance = 1000;
    for (text, amount) in [("10", 10), ("10.0", 10), ("1e1", 10), ("1E+1", 10), ("100e-1", 10)] {
        balance += amount;
        for account in ["1", "1.0", "10e-1"] {
            let body = format!(r#"{{"userId":{account},"amount":{text}}}"#);
            let path = if account == "1.0" { "/withdraw" } else { "/deposit" };
            let answer = post(bank.addr(), path, &body).await;
            assert_eq!(answer.status, 200, "{body}: {answer:?}");
        }
        let there = get(bank.addr(), "/balance/1").await.json();
        assert_eq!(there, json!({ "balance": balance }), "{text}");
    }
    bank.shutdown().await;
}

/// A double has no 9007199254740993.
#[tokio::test(flavor = "multi_thread")]
async fn none_is_rounded() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    for text in ["9007199254740993.0", "9007199254740993", "900719925474099.3e1"] {
        let reset = post(bank.addr(), "/reset", r#"{"accounts":{"1":0}}"#).await;
        assert_eq!(reset.status, 200, "{reset:?}");
        let body = format!(r#"{{"userId":1,"amount":{text}}}"#);
        let answer = post(bank.addr(), "/deposit", &body).await;
        assert_eq!(answer.body, r#"{"newBalance":9007199254740993}"#, "{text}");
    }
    for text in ["10.5", "0.1e0", "1e19", "9223372036854775808.0", "1e-1", "1e300"] {
        let body = format!(r#"{{"userId":1,"amount":{text}}}"#);
        let answer = post(bank.addr(), "/deposit", &body).await;
        assert_eq!((answer.status, &*answer.code()), (400, "invalid_amount"), "{answer:?}");
        assert!(answer.body.contains(text), "{answer:?}");
    }
    assert_eq!(get(bank.addr(), "/balance/1").await.body, r#"{"balance":9007199254740993}"#);
    bank.shutdown().await;
}
