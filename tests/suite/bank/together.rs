//! Several banks on one database, and what becomes of a temporary one.

use bankrun::bank::{Bank, BankError, BankOptions, Database, Mode};
use serde_json::json;

use super::support::{Kind, admin, database, get, post, postgres, start};
use crate::support::Bankrun;

#[tokio::test(flavor = "multi_thread")]
async fn two_modes_share_one_database_under_their_own_names() {
    let (database, name) = postgres().await;
    let robust = start(&database, BankOptions::default()).await;
    let naive = start(&database, BankOptions { mode: Mode::Naive, ..Default::default() }).await;
    assert_eq!((robust.mode(), naive.mode()), (Mode::Robust, Mode::Naive));
    for (bank, balance) in [(&robust, 1010), (&naive, 1020)] {
        let answer = post(bank.addr(), "/deposit", r#"{"userId":1,"amount":10}"#).await;
        assert_eq!(answer.json(), json!({"newBalance": balance}));
    }
    let names = "SELECT DISTINCT application_name FROM pg_stat_activity \
                 WHERE datname = current_database() AND application_name LIKE 'bankrun%' ORDER BY 1";
    let rows = admin(&name).await.query(names, &[]).await.expect("names");
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(names, ["bankrun naive", "bankrun robust"]);
    tokio::join!(robust.shutdown(), naive.shutdown());
}

#[tokio::test(flavor = "multi_thread")]
async fn banks_follow_each_other_on_a_temporary_file_that_goes_with_its_database() {
    let database = database(Kind::Sqlite).await;
    let folder = database.folder().expect("made for it").to_owned();
    for balance in [1010, 1020] {
        let bank = start(&database, BankOptions::default()).await;
        let answer = post(bank.addr(), "/deposit", r#"{"userId":1,"amount":10}"#).await;
        assert_eq!(answer.json(), json!({"newBalance": balance}));
        bank.shutdown().await;
    }
    assert!(folder.exists());
    database.close().await;
    assert!(!folder.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named() {
    let database = database(Kind::Sqlite).await;
    let first = start(&database, BankOptions::default()).await;
    let listen = first.addr();
    let second = Bank::start(&database, BankOptions { listen, ..Default::default() }).await;
    let error = second.expect_err("the port is taken");
    assert!(matches!(error, BankError::Listen { .. }), "{error}");
    assert!(error.to_string().contains(&listen.to_string()), "{error}");
    assert_eq!(get(listen, "/health").await.status, 200);
    first.shutdown().await;
}

/// Dropped without a shutdown, a bank still stops listening.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_bank_stops() {
    let database = database(Kind::Sqlite).await;
    let bank = start(&database, BankOptions::default()).await;
    let addr = bank.addr();
    drop(bank);
    super::support::eventually("the port is closed", async || {
        tokio::net::TcpStream::connect(addr).await.is_err()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mode_that_sqlite_cannot_show_is_refused_by_name() {
    let database = database(Kind::Sqlite).await;
    for mode in Mode::ALL.into_iter().filter(|mode| mode.needs_postgres()) {
        let refused = Bank::start(&database, BankOptions { mode, ..Default::default() }).await;
        let error = refused.expect_err("it needs PostgreSQL");
        assert!(matches!(error, BankError::NeedsPostgres { mode: named, .. } if named == mode));
        let start = format!("mode `{mode}` needs PostgreSQL: SQLite has no ");
        assert!(error.to_string().starts_with(&start), "{error}");
    }
}

/// Two of them would starve each other at the file's one lock.
#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_has_one_server_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bank.db");
    let spec = format!("sqlite:{}", file.display());
    let parsed = spec.parse().expect("a file");
    let database = Database::open(&parsed).await.expect("free");
    let bank = start(&database, BankOptions::default()).await;

    let refused = Database::open(&parsed).await.expect_err("taken").to_string();
    let holder = format!("another bankrun (process {}) uses this file", std::process::id());
    assert!(refused.starts_with(&holder), "{refused}");
    for args in [
        &["serve", "--listen", "127.0.0.1:0", "--database", &spec][..],
        &["--mode", "robust", "--database", &spec],
    ] {
        let command = Bankrun::new(args);
        let run = tokio::task::spawn_blocking(move || command.run()).await.expect("it ends");
        let run = run.code(4);
        let said = run.stdout + &run.stderr;
        assert!(said.contains(&holder) && said.contains("a file of its own"), "{said}");
    }
    assert_eq!(get(bank.addr(), "/balance/1").await.body, r#"{"balance":1000}"#);
    bank.shutdown().await;
    database.close().await;

    // Several modes of one run are no strangers to each other.
    let command = Bankrun::new(&["--mode", "robust,atomic", "--database", &spec, "--quiet"]);
    tokio::task::spawn_blocking(move || command.run()).await.expect("it ends").code(0);
}
