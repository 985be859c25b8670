use std::collections::BTreeSet;

use super::{Gate, Output, Turn};
use crate::explore::wire::Frame;

const CONNECTION: u64 = 1;

/// A service's only connection, logged in, with request 0 at work.
fn logged_in() -> Gate {
    let mut gate = Gate::default();
    gate.open(CONNECTION);
    says(&mut gate, b'Z', b"I");
    gate.turn(Turn::Of(0));
    gate
}

/// A message of the database.
fn says(gate: &mut Gate, tag: u8, body: &[u8]) {
    gate.from_server(CONNECTION, Frame::new(tag, body)).expect("is well formed");
}

/// A simple query of the service.
fn asks(gate: &mut Gate, sql: &str) {
    let body = [sql.as_bytes(), b"\0"].concat();
    gate.from_client(CONNECTION, Frame::new(b'Q', &body)).expect("is well formed");
}

/// Lets the step through that is held.
fn release(gate: &mut Gate) {
    let held = gate.held();
    assert_eq!(held.len(), 1, "{held:?}");
    gate.release(held[0].connection, 0).expect("is held");
}

/// A transaction of which the second statement fails, and its client hears of it.
fn failing() -> Gate {
    let mut gate = logged_in();
    asks(&mut gate, "BEGIN");
    says(&mut gate, b'C', b"BEGIN\0");
    says(&mut gate, b'Z', b"T");
    asks(&mut gate, "UPDATE accounts SET balance = 1");
    release(&mut gate);
    says(&mut gate, b'E', b"SERROR\0C40001\0Mcould not serialize access\0\0");
    gate
}

#[test]
fn the_end_of_a_failed_transaction_is_no_step_however_early_it_comes() {
    let mut late = failing();
    says(&mut late, b'Z', b"E");
    asks(&mut late, "ROLLBACK");

    let mut early = failing();
    asks(&mut early, "ROLLBACK");
    assert!(early.held().is_empty(), "it is not known yet what it ends");
    says(&mut early, b'Z', b"E");

    for mut gate in [late, early] {
        assert!(gate.held().is_empty(), "{:?}", gate.held());
        assert!(gate.is_under_way(0));
        says(&mut gate, b'C', b"ROLLBACK\0");
        says(&mut gate, b'Z', b"I");
        assert!(!gate.is_under_way(0));
    }
}

#[test]
fn the_end_of_a_transaction_that_has_not_failed_is_a_step() {
    let mut gate = logged_in();
    asks(&mut gate, "BEGIN");
    says(&mut gate, b'C', b"BEGIN\0");
    says(&mut gate, b'Z', b"T");
    asks(&mut gate, "UPDATE accounts SET balance = 1");
    release(&mut gate);
    says(&mut gate, b'C', b"UPDATE 1\0");
    says(&mut gate, b'Z', b"T");
    asks(&mut gate, "ROLLBACK");
    release(&mut gate);
}

/// Two transactions of the same texts, the first while nobody asks for anything.
#[test]
fn what_comes_without_a_request_passes_and_ends_of_transactions_are_not_learnt_by_it() {
    let mut gate = logged_in();
    gate.turn(Turn::Nobody);
    let transaction = |gate: &mut Gate, sql: &str| {
        asks(gate, "BEGIN");
        says(gate, b'C', b"BEGIN\0");
        says(gate, b'Z', b"T");
        asks(gate, sql);
    };
    let rest = |gate: &mut Gate| {
        says(gate, b'C', b"UPDATE 1\0");
        says(gate, b'Z', b"T");
        asks(gate, "COMMIT");
    };
    transaction(&mut gate, "UPDATE jobs SET seen = 1");
    rest(&mut gate);
    assert!(gate.held().is_empty());
    says(&mut gate, b'C', b"COMMIT\0");
    says(&mut gate, b'Z', b"I");
    let learnt = gate.take_unowned();
    gate.pass_always(learnt);

    gate.turn(Turn::Of(0));
    transaction(&mut gate, "UPDATE jobs SET seen = 1");
    rest(&mut gate);
    assert!(gate.held().is_empty(), "it passes as before, to its end");
    says(&mut gate, b'C', b"COMMIT\0");
    says(&mut gate, b'Z', b"I");

    transaction(&mut gate, "UPDATE accounts SET balance = 1");
    release(&mut gate);
    rest(&mut gate);
    release(&mut gate);
}

/// What was passed on to the database since it was asked last.
fn passed_on(gate: &mut Gate) -> Vec<Frame> {
    let outputs = gate.take_outputs().into_iter();
    let to_server = outputs.filter_map(|output| match output {
        Output::ToServer(_, bytes) => Some(Frame { tag: bytes[0], bytes }),
        Output::ToClient(..) | Output::Close(_) => None,
    });
    to_server.collect()
}

#[test]
fn a_query_that_is_to_be_locked_is_passed_on_with_its_lock_however_it_is_sent() {
    let mut gate = logged_in();
    gate.lock(BTreeSet::from([
        "SELECT balance FROM accounts WHERE id = $1".to_owned(),
        "SELECT ?".to_owned(),
    ]));
    let parse = b"s\0SELECT balance FROM accounts WHERE id = $1\0\0\0";
    gate.take_outputs();
    for (tag, body) in [
        (b'P', &parse[..]),
        (b'B', b"\0s\0\0\0\0\x01\0\0\0\x011\0\0"),
        (b'E', b"\0\0\0\0\0"),
        (b'S', b""),
    ] {
        gate.from_client(CONNECTION, Frame::new(tag, body)).expect("is well formed");
    }
    let held = gate.held();
    assert_eq!(held[0].name, "SELECT balance FROM accounts WHERE id = $1 FOR UPDATE");
    let sql = gate.release(CONNECTION, 0).expect("is held");
    assert_eq!(sql, "SELECT balance FROM accounts WHERE id = 1 FOR UPDATE");
    let passed = passed_on(&mut gate);
    let locked = b"s\0SELECT balance FROM accounts WHERE id = $1 FOR UPDATE\0\0\0";
    assert_eq!(passed[0], Frame::new(b'P', locked));
    assert_eq!(passed.len(), 4);
}

#[test]
fn other_statements_are_passed_on_as_they_are() {
    let mut gate = logged_in();
    gate.lock(BTreeSet::from(["SELECT balance FROM accounts WHERE id = ?".to_owned()]));
    gate.take_outputs();
    for (sql, expected) in [
        (
            "SELECT balance FROM accounts WHERE id = 7;",
            "SELECT balance FROM accounts WHERE id = 7 FOR UPDATE;",
        ),
        (
            "SELECT balance FROM accounts WHERE id = 7 AND true",
            "SELECT balance FROM accounts WHERE id = 7 AND true",
        ),
    ] {
        asks(&mut gate, sql);
        release(&mut gate);
        let expected = [expected.as_bytes(), b"\0"].concat();
        assert_eq!(passed_on(&mut gate), [Frame::new(b'Q', &expected)]);
        says(&mut gate, b'C', b"SELECT 1\0");
        says(&mut gate, b'Z', b"I");
    }
}

/// The numbers of the transactions of what passes while a request runs.
#[test]
fn statements_are_noted_with_their_transactions() {
    let mut gate = logged_in();
    gate.notes.keep_passed();
    let ends = |gate: &mut Gate, status: &[u8]| {
        says(gate, b'C', b"OK\0");
        says(gate, b'Z', status);
    };
    asks(&mut gate, "SELECT a FROM t");
    release(&mut gate);
    ends(&mut gate, b"I");
    for (sql, is_step, status) in [
        ("BEGIN ISOLATION LEVEL READ COMMITTED", false, b"T"),
        ("SELECT a FROM t", true, b"T"),
        ("UPDATE t SET a = 1", true, b"T"),
        ("COMMIT", true, b"I"),
        ("SELECT a FROM t", true, b"I"),
    ] {
        asks(&mut gate, sql);
        if is_step {
            release(&mut gate);
        }
        ends(&mut gate, status);
    }
    gate.turn(Turn::Open);
    asks(&mut gate, "BEGIN ISOLATION LEVEL SERIALIZABLE");
    let passed = gate.notes.take_passed();
    let numbers: Vec<u64> =
        passed.iter().map(|it| it.transaction - passed[0].transaction).collect();
    assert_eq!(numbers, [0, 1, 1, 1, 1, 2]);
    let asked = BTreeSet::from(["BEGIN ISOLATION LEVEL READ COMMITTED".to_owned()]);
    assert_eq!(*gate.notes.isolation_asked(), asked);
    asks(&mut gate, "SET default_transaction_isolation = 'serializable'");
    assert_eq!(gate.notes.isolation_asked().len(), 2, "it lasts for the connection");
}
