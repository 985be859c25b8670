//! What becomes of a bank when the proxy changes what it says to its database.

use std::fs;

use serde_json::{Value, json};

use super::support::{database, explorations, explored};
use crate::support::Bankrun;

const DEPOSITS: [&str; 4] = ["--op", "deposit 10 1", "--op", "deposit 20 1"];

fn with(args: &[&'static str]) -> Vec<&'static str> {
    [&DEPOSITS[..], args].concat()
}

/// What was tried, by its name.
fn tried<'a>(exploration: &'a Value, what_if: &str) -> &'a Value {
    let all = exploration["what_if"].as_array().unwrap_or_else(|| panic!("{exploration:#}"));
    let found = all.iter().find(|it| it["what_if"] == what_if);
    found.unwrap_or_else(|| panic!("no {what_if} in {all:#?}"))
}

fn meaning(tried: &Value) -> &str {
    tried["meaning"].as_str().expect("a sentence")
}

#[test]
fn a_transaction_that_reads_without_a_lock_is_helped_by_each_change() {
    let (ended, json) = explored(&with(&["--mode", "transaction", "--what-if", "all"]));
    // It fails as it is, and that is what counts.
    let ended = ended.code(1);
    let it = &explorations(&json)[0];
    assert_eq!((&it["orders"], &it["failing"]), (&14.into(), &12.into()));
    assert_eq!(it["errors"], json!({ "orders": 0, "by": [] }));
    for (what_if, isolation) in [
        ("isolation=repeatable-read", "repeatable read"),
        ("isolation=serializable", "serializable"),
    ] {
        let tried = tried(it, what_if);
        assert_eq!(tried["isolation"], isolation);
        assert_eq!((&tried["orders"], &tried["failing"]), (&14.into(), &0.into()), "{tried:#}");
        assert_eq!((&tried["complete"], &tried["prevents"]), (&true.into(), &true.into()));
        // All but the two serial orders: the first to write wins.
        let errors = json!({
            "orders": 12,
            "by": [{ "status": 503, "sqlstate": "40001", "orders": 12 }],
        });
        assert_eq!(tried["errors"], errors);
        let says = "in 12 of 14 orders a request is answered 503 (40001): the service must retry";
        assert!(meaning(tried).ends_with(says), "{}", meaning(tried));
    }
    let locked = tried(it, "for-update");
    assert_eq!(locked["for_update"], json!(["SELECT balance FROM accounts WHERE id = $1"]));
    // What `robust` does: the second request waits before it reads.
    assert_eq!((&locked["orders"], &locked["failing"]), (&6.into(), &0.into()), "{locked:#}");
    assert_eq!((&locked["lock_waits"], &locked["errors"]["orders"]), (&4.into(), &0.into()));
    assert_eq!(meaning(locked), "prevents it: no order of the statements fails");
    for part in ["as it is", "FOR UPDATE was added to `SELECT balance", "12: 503 (40001)"] {
        assert!(ended.stderr.contains(part), "no {part:?} in:\n{}", ended.stderr);
    }
    assert!(!ended.stderr.contains("what would have prevented it"), "{}", ended.stderr);
}

#[test]
fn nothing_helps_where_each_statement_is_a_transaction_by_itself() {
    let (ended, json) = explored(&with(&["--mode", "naive", "--what-if", "all"]));
    ended.code(1);
    let it = &explorations(&json)[0];
    for what_if in ["isolation=repeatable-read", "isolation=serializable"] {
        let tried = tried(it, what_if);
        assert_eq!((&tried["orders"], &tried["failing"]), (&6.into(), &4.into()), "{tried:#}");
        assert_eq!(tried["prevents"], false);
        let says = "each statement of the requests is a transaction by itself";
        assert!(meaning(tried).contains("does not help"), "{}", meaning(tried));
        assert!(meaning(tried).contains(says), "{}", meaning(tried));
    }
    let tried = tried(it, "for-update");
    let why = tried["not_applied"].as_str().expect("a reason");
    assert!(why.contains("outside of the transaction that writes"), "{why}");
    assert_eq!((&tried["orders"], &tried["prevents"]), (&Value::Null, &Value::Null));
    assert_eq!(tried["not_locked"][0]["query"], "SELECT balance FROM accounts WHERE id = $1");
}

#[test]
fn locks_in_opposite_orders_are_deadlocks_to_be_retried() {
    let args = ["--op", "transfer 5 1 2", "--op", "transfer 7 2 1", "--what-if", "for-update"];
    let (ended, json) = explored(&[&["--mode", "transaction"][..], &args].concat());
    ended.code(1);
    let it = &explorations(&json)[0];
    assert_eq!(it["what_if"].as_array().map(Vec::len), Some(1));
    let tried = tried(it, "for-update");
    assert_eq!(tried["failing"], 0, "{tried:#}");
    assert_eq!(tried["errors"]["by"][0]["sqlstate"], "40P01", "{tried:#}");
    assert!(meaning(tried).ends_with("(40P01): the service must retry"), "{}", meaning(tried));
}

#[test]
fn what_passes_needs_no_change_and_what_fails_offers_them() {
    let (ended, json) = explored(&with(&["--mode", "robust", "--what-if", "all"]));
    ended.code(0);
    assert_eq!(explorations(&json)[0]["what_if"], Value::Null);
    let (ended, json) = explored(&with(&["--mode", "naive", "--expect", "fail"]));
    let offer = "what would have prevented it: bankrun explore --mode naive";
    assert!(ended.stderr.contains(offer), "{}", ended.stderr);
    assert!(ended.stderr.contains("--what-if all"), "{}", ended.stderr);
    ended.code(0);
    assert_eq!(explorations(&json)[0]["what_if"], Value::Null);
    let canary = ["--mode", "transaction", "--expect", "fail", "--what-if", "for-update"];
    let (ended, json) = explored(&with(&canary));
    ended.code(0);
    assert_eq!(tried(&explorations(&json)[0], "for-update")["prevents"], true);
}

/// What not all orders were run of is never said to be prevented.
#[test]
fn one_order_alone_proves_nothing() {
    for part in [&["--replay", "A,A,B,B,A,B"][..], &["--preemptions", "1"]] {
        let args = [&["--mode", "transaction", "--what-if", "for-update"], part].concat();
        let (ended, json) = explored(&with(&args));
        ended.code(1);
        let tried = tried(&explorations(&json)[0], "for-update");
        assert_eq!((&tried["failing"], &tried["complete"]), (&0.into(), &false.into()), "{part:?}");
        assert_eq!(tried["prevents"], false);
        let said = meaning(tried);
        assert!(said.contains("proves nothing about the others"), "{said}");
        assert!(!said.contains("prevents it"), "{said}");
    }
}

#[test]
fn sessions_of_sql_have_another_option_for_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let sessions = folder.path().join("sessions.yaml");
    fs::write(&sessions, "sessions: []\n").expect("a file");
    let sessions = sessions.to_str().expect("UTF-8");
    for file in [sessions, "examples/isolation/doctors.spec"] {
        let ended = Bankrun::new(&["explore", file, "--what-if", "all"]).run().code(2);
        assert!(ended.stderr.contains("`--isolation repeatable-read"), "{}", ended.stderr);
    }
    for wrong in ["isolation", "isolation=read-committed", "lock"] {
        let ended = Bankrun::new(&["explore", "--what-if", wrong]).run().code(2);
        assert!(ended.stderr.contains("expected isolation=repeatable-read"), "{}", ended.stderr);
    }
}

#[test]
fn the_changes_are_in_the_reports_for_programs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (junit, html, url) = (file("junit.xml"), file("report.html"), database());
    let args = ["--mode", "transaction", "--what-if", "for-update", "--junit", &junit];
    let args = [&["explore", "--database", &url, "--html", &html], &DEPOSITS[..], &args].concat();
    Bankrun::new(&args).run().code(1);
    for file in [junit, html] {
        let text = fs::read_to_string(&file).expect("a report");
        for part in ["as it is", "for-update", "prevents it: no order of the statements fails"] {
            assert!(text.contains(part), "no {part:?} in {file}");
        }
    }
}
