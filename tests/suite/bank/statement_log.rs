//! What PostgreSQL itself saw.

use bankrun::bank::{BankOptions, Mode};

use super::support::{cluster, eventually, post, postgres, start};

/// What one bank connection sent, in order: each statement, and after it
/// what its parameters were.
async fn statements(database: &str, application: &str) -> Vec<String> {
    let log = std::fs::read_to_string(cluster().await.log()).expect("the server's log");
    let mut processes: Vec<&str> = Vec::new();
    let mut statements = Vec::new();
    for line in log.lines() {
        let mut parts = line.splitn(4, '|');
        if parts.next() != Some(database) {
            continue;
        }
        let (process, name, message) = (parts.next(), parts.next(), parts.next());
        let (Some(process), Some(message)) = (process, message) else { continue };
        if name != Some(application) {
            continue;
        }
        processes.push(process);
        statements.extend(statement(message));
    }
    processes.dedup();
    assert!(processes.len() <= 1, "more than one connection: {processes:?}");
    statements
}

fn statement(message: &str) -> Option<String> {
    let message = message.trim();
    if let Some(parameters) = message.strip_prefix("DETAIL:  parameters: ") {
        return Some(parameters.to_owned());
    }
    let (kind, sql) = message.strip_prefix("LOG:  ")?.split_once(": ")?;
    let known = kind == "statement" || kind.starts_with("execute");
    (known && !sql.starts_with("SET ")).then(|| sql.to_owned())
}

async fn after_one_deposit(mode: Mode) -> Vec<String> {
    let (database, name) = postgres().await;
    let bank = start(&database, BankOptions { mode, ..BankOptions::default() }).await;
    let answer = post(bank.addr(), "/deposit", r#"{"userId":1,"amount":10}"#).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    bank.shutdown().await;
    let application = format!("bankrun {mode}");
    let last = if mode == Mode::Robust { "COMMIT" } else { "$1 = '1010', $2 = '1'" };
    eventually("the log is complete", async || {
        statements(&name, &application).await.last().is_some_and(|line| line == last)
    })
    .await;
    statements(&name, &application).await
}

#[tokio::test(flavor = "multi_thread")]
async fn robust_locks_the_row_within_one_transaction() {
    let expected = [
        "BEGIN",
        "SELECT balance FROM accounts WHERE id = $1 FOR UPDATE",
        "$1 = '1'",
        "UPDATE accounts SET balance = $1 WHERE id = $2",
        "$1 = '1010', $2 = '1'",
        "COMMIT",
    ];
    assert_eq!(after_one_deposit(Mode::Robust).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn naive_reads_and_writes_without_a_transaction() {
    let expected = [
        "SELECT balance FROM accounts WHERE id = $1",
        "$1 = '1'",
        "UPDATE accounts SET balance = $1 WHERE id = $2",
        "$1 = '1010', $2 = '1'",
    ];
    assert_eq!(after_one_deposit(Mode::Naive).await, expected);
}

/// Each statement is parsed once on a connection, however often it runs.
#[tokio::test(flavor = "multi_thread")]
async fn statements_are_prepared_once() {
    let (database, name) = postgres().await;
    let size = std::num::NonZeroU32::MIN;
    let options = BankOptions { pool_size: size, ..BankOptions::default() };
    let bank = start(&database, options).await;
    let admin = super::support::admin(&name).await;
    for _ in 0..5 {
        post(bank.addr(), "/deposit", r#"{"userId":1,"amount":10}"#).await;
    }
    bank.shutdown().await;
    drop(admin);
    let log = std::fs::read_to_string(cluster().await.log()).expect("the server's log");
    let mut names: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with(&format!("{name}|")) && line.contains("UPDATE accounts"))
        .filter_map(|line| line.split("execute ").nth(1)?.split(':').next())
        .collect();
    assert_eq!(names.len(), 5, "{names:?}");
    names.dedup();
    assert_eq!(names.len(), 1, "prepared more than once: {names:?}");
    assert_ne!(names, ["<unnamed>"]);
}
