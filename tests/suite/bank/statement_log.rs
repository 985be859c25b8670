//! What PostgreSQL itself saw.

use bankrun::bank::{BankOptions, Mode};
use hyper::header::HeaderValue;

use super::support::{cluster, eventually, post, postgres, request, send, start};

/// What one bank connection sent, in order: each statement, and after it
/// what its parameters were.
pub(super) async fn statements(database: &str, application: &str) -> Vec<String> {
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

/// Compares what one deposit of 10 sends with what it should.
async fn one_deposit_sends(mode: Mode, expected: &[&str]) {
    one_request_sends(mode, "/deposit", r#"{"userId":1,"amount":10}"#, None, expected).await;
}

/// The same for a transfer of 5 from account 2 to account 1.
async fn one_transfer_sends(mode: Mode, expected: &[&str]) {
    let transfer = r#"{"fromUserId":2,"toUserId":1,"amount":5}"#;
    one_request_sends(mode, "/transfer", transfer, None, expected).await;
}

async fn one_request_sends(
    mode: Mode,
    path: &str,
    body: &str,
    key: Option<&'static str>,
    expected: &[&str],
) {
    let (database, name) = postgres().await;
    let bank = start(&database, BankOptions { mode, ..BankOptions::default() }).await;
    let mut request = request("POST", path, Some("application/json"), body);
    if let Some(key) = key {
        request.headers_mut().insert("idempotency-key", HeaderValue::from_static(key));
    }
    let answer = send(bank.addr(), request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    bank.shutdown().await;
    let application = format!("bankrun {mode}");
    eventually("the log is complete", async || {
        let statements = statements(&name, &application).await;
        statements.last().map(String::as_str) == expected.last().copied()
    })
    .await;
    assert_eq!(statements(&name, &application).await, expected);
}

const READ: [&str; 2] = ["SELECT balance FROM accounts WHERE id = $1", "$1 = '1'"];
const WRITE: [&str; 2] =
    ["UPDATE accounts SET balance = $1 WHERE id = $2", "$1 = '1010', $2 = '1'"];

#[tokio::test(flavor = "multi_thread")]
async fn robust_locks_the_row_within_one_transaction() {
    let lock = "SELECT balance FROM accounts WHERE id = $1 FOR UPDATE";
    let expected = ["BEGIN", lock, "$1 = '1'", WRITE[0], WRITE[1], "COMMIT"];
    one_deposit_sends(Mode::Robust, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn atomic_is_one_statement() {
    let update = "UPDATE accounts SET balance = balance + $1 WHERE id = $2 \
                  AND balance BETWEEN $3 AND $4 RETURNING balance";
    let parameters = "$1 = '10', $2 = '1', $3 = '-9223372036854775808', $4 = '9223372036854775797'";
    one_deposit_sends(Mode::Atomic, &[update, parameters]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn optimistic_writes_if_the_version_is_still_the_one_it_read() {
    let read = "SELECT balance, version FROM accounts WHERE id = $1";
    let write = "UPDATE accounts SET balance = $1, version = version + 1 \
                 WHERE id = $2 AND version = $3";
    let expected = [read, "$1 = '1'", write, "$1 = '1010', $2 = '1', $3 = '0'"];
    one_deposit_sends(Mode::Optimistic, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn serializable_says_so_when_it_begins() {
    let begin = "BEGIN ISOLATION LEVEL SERIALIZABLE";
    let expected = [begin, READ[0], READ[1], WRITE[0], WRITE[1], "COMMIT"];
    one_deposit_sends(Mode::Serializable, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn advisory_locks_in_a_statement_of_its_own() {
    let lock = "SELECT pg_advisory_xact_lock($1)";
    let expected = ["BEGIN", lock, "$1 = '1'", READ[0], READ[1], WRITE[0], WRITE[1], "COMMIT"];
    one_deposit_sends(Mode::Advisory, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batched_locks_and_writes_all_rows_in_one_statement_each() {
    let lock = "SELECT id, balance FROM accounts WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    let write = "UPDATE accounts SET balance = new.balance FROM unnest($1, $2) AS new (id, balance) \
                 WHERE accounts.id = new.id";
    let expected = ["BEGIN", lock, "$1 = '{1}'", write, "$1 = '{1}', $2 = '{1010}'", "COMMIT"];
    one_deposit_sends(Mode::Batched, &expected).await;
    let written = "$1 = '{1,2}', $2 = '{1005,995}'";
    let expected = ["BEGIN", lock, "$1 = '{1,2}'", write, written, "COMMIT"];
    one_transfer_sends(Mode::Batched, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn naive_reads_and_writes_without_a_transaction() {
    let expected = [READ[0], READ[1], WRITE[0], WRITE[1]];
    one_deposit_sends(Mode::Naive, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transaction_does_the_same_within_one_and_locks_nothing() {
    let expected = ["BEGIN", READ[0], READ[1], WRITE[0], WRITE[1], "COMMIT"];
    one_deposit_sends(Mode::Transaction, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn check_then_act_checks_in_one_statement_and_adds_in_another() {
    let add = "UPDATE accounts SET balance = balance + $1 WHERE id = $2 RETURNING balance";
    let expected = [READ[0], READ[1], add, "$1 = '10', $2 = '1'"];
    one_deposit_sends(Mode::CheckThenAct, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn robust_locks_both_rows_of_a_transfer_by_id_in_one_statement() {
    let lock = "SELECT id, balance FROM accounts WHERE id IN ($1, $2) ORDER BY id FOR UPDATE";
    let expected = [
        "BEGIN",
        lock,
        "$1 = '2', $2 = '1'",
        WRITE[0],
        "$1 = '1005', $2 = '1'",
        WRITE[0],
        "$1 = '995', $2 = '2'",
        "COMMIT",
    ];
    one_transfer_sends(Mode::Robust, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn atomic_adds_by_id_in_one_transaction() {
    let update = "UPDATE accounts SET balance = balance + $1 WHERE id = $2 \
                  AND balance BETWEEN $3 AND $4 RETURNING balance";
    let expected = [
        "BEGIN",
        update,
        "$1 = '5', $2 = '1', $3 = '-9223372036854775808', $4 = '9223372036854775802'",
        update,
        "$1 = '-5', $2 = '2', $3 = '5', $4 = '9223372036854775807'",
        "COMMIT",
    ];
    one_transfer_sends(Mode::Atomic, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn optimistic_sets_both_by_id_in_one_transaction() {
    let read = "SELECT balance, version FROM accounts WHERE id = $1";
    let write = "UPDATE accounts SET balance = $1, version = version + 1 \
                 WHERE id = $2 AND version = $3";
    let expected = [
        read,
        "$1 = '2'",
        read,
        "$1 = '1'",
        "BEGIN",
        write,
        "$1 = '1005', $2 = '1', $3 = '0'",
        write,
        "$1 = '995', $2 = '2', $3 = '0'",
        "COMMIT",
    ];
    one_transfer_sends(Mode::Optimistic, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn advisory_locks_both_numbers_by_id_before_it_reads() {
    let lock = "SELECT pg_advisory_xact_lock($1)";
    let expected = [
        "BEGIN",
        lock,
        "$1 = '1'",
        lock,
        "$1 = '2'",
        READ[0],
        "$1 = '2'",
        READ[0],
        "$1 = '1'",
        WRITE[0],
        "$1 = '1005', $2 = '1'",
        WRITE[0],
        "$1 = '995', $2 = '2'",
        "COMMIT",
    ];
    one_transfer_sends(Mode::Advisory, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn serializable_writes_both_by_id() {
    let expected = [
        "BEGIN ISOLATION LEVEL SERIALIZABLE",
        READ[0],
        "$1 = '2'",
        READ[0],
        "$1 = '1'",
        WRITE[0],
        "$1 = '1005', $2 = '1'",
        WRITE[0],
        "$1 = '995', $2 = '2'",
        "COMMIT",
    ];
    one_transfer_sends(Mode::Serializable, &expected).await;
}

/// As naive does it, in the order of the request: two that go against each
/// other may end in a deadlock.
#[tokio::test(flavor = "multi_thread")]
async fn transaction_writes_both_as_they_come() {
    let reads = [READ[0], "$1 = '2'", READ[0], "$1 = '1'"];
    let writes = [WRITE[0], "$1 = '995', $2 = '2'", WRITE[0], "$1 = '1005', $2 = '1'"];
    let statements = [reads, writes].concat();
    one_transfer_sends(Mode::Naive, &statements).await;
    let expected = [&["BEGIN"], &statements[..], &["COMMIT"]].concat();
    one_transfer_sends(Mode::Transaction, &expected).await;
}

/// The key is taken in the transaction that moves the money.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_claimed_first_and_answered_last() {
    let deposit = r#"{"userId":1,"amount":10}"#;
    let claim = "INSERT INTO operations (id, request, balance, to_balance) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let claimed = "$1 = 'k', $2 = 'deposit 10 to account 1', $3 = '0', $4 = NULL";
    let answer = "UPDATE operations SET balance = $1, to_balance = $2 WHERE id = $3";
    let lock = "SELECT balance FROM accounts WHERE id = $1 FOR UPDATE";
    let expected = [
        "BEGIN",
        claim,
        claimed,
        lock,
        "$1 = '1'",
        WRITE[0],
        WRITE[1],
        answer,
        "$1 = '1010', $2 = NULL, $3 = 'k'",
        "COMMIT",
    ];
    one_request_sends(Mode::Robust, "/deposit", deposit, Some("k"), &expected).await;
    let claim_all = "INSERT INTO operations (id, request, balance) SELECT key, '', 0 \
                     FROM unnest($1) AS new (key) ON CONFLICT DO NOTHING RETURNING id";
    let lock_all = "SELECT id, balance FROM accounts WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    let write_all = "UPDATE accounts SET balance = new.balance \
                     FROM unnest($1, $2) AS new (id, balance) WHERE accounts.id = new.id";
    let answer_all = "UPDATE operations SET request = new.request, balance = new.balance, \
                      to_balance = new.to_balance FROM unnest($1, $2, $3, $4) \
                      AS new (id, request, balance, to_balance) WHERE operations.id = new.id";
    let expected = [
        "BEGIN",
        claim_all,
        "$1 = '{k}'",
        lock_all,
        "$1 = '{1}'",
        write_all,
        "$1 = '{1}', $2 = '{1010}'",
        answer_all,
        r#"$1 = '{k}', $2 = '{"deposit 10 to account 1"}', $3 = '{1010}', $4 = '{NULL}'"#,
        "COMMIT",
    ];
    one_request_sends(Mode::Batched, "/deposit", deposit, Some("k"), &expected).await;
    let find = "SELECT request, balance, to_balance FROM operations WHERE id = $1";
    let noted = "$1 = 'k', $2 = 'deposit 10 to account 1', $3 = '1010', $4 = NULL";
    let expected = [find, "$1 = 'k'", READ[0], READ[1], WRITE[0], WRITE[1], claim, noted];
    one_request_sends(Mode::Naive, "/deposit", deposit, Some("k"), &expected).await;
}

/// Each statement is parsed once on a connection, however often it runs.
#[tokio::test(flavor = "multi_thread")]
async fn statements_are_prepared_once() {
    let (database, name) = postgres().await;
    let size = Some(std::num::NonZeroU32::MIN);
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
