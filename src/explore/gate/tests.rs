use super::{Gate, Turn};
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
