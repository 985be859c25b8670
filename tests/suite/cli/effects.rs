//! What a file may say of what an operation does: cents, several accounts, an amount
//! that only the answer tells, answers that mean that nothing happened.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Bankrun, Ended, Reply, Service};

/// Balances by account. What is naive reads, waits, and writes.
#[derive(Default)]
struct Shop {
    accounts: Mutex<BTreeMap<String, i64>>,
    is_naive: bool,
}

impl Shop {
    fn with(accounts: &[(&str, i64)], is_naive: bool) -> Self {
        let accounts = accounts.iter().map(|(name, held)| ((*name).to_owned(), *held)).collect();
        Self { accounts: Mutex::new(accounts), is_naive }
    }

    /// Adds to several accounts at once, and returns them all.
    fn add(&self, deltas: &[(&str, i64)]) -> BTreeMap<String, i64> {
        if self.is_naive {
            let read = self.all();
            thread::sleep(Duration::from_millis(2));
            for (name, delta) in deltas {
                let held = read.get(*name).copied().unwrap_or_default();
                self.accounts.lock().expect("a lock").insert((*name).to_owned(), held + delta);
            }
            return self.all();
        }
        let mut accounts = self.accounts.lock().expect("a lock");
        for (name, delta) in deltas {
            *accounts.entry((*name).to_owned()).or_default() += delta;
        }
        accounts.clone()
    }

    fn all(&self) -> BTreeMap<String, i64> {
        self.accounts.lock().expect("a lock").clone()
    }
}

fn sent(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

fn run(service: &Service, text: &str, args: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("s.yaml");
    std::fs::write(&file, text).expect("a file");
    let file = file.to_str().expect("UTF-8");
    let all = [&[file, "--target", &service.url, "--seed", "1"], args].concat();
    Bankrun::new(&all).run()
}

const LOAD: &str = "scenarios: { s: { executor: shared-iterations, vus: 5, iterations: 40, operations: [OPS] } }\n";

fn load(operations: &str) -> String {
    LOAD.replace("OPS", operations)
}

/// Money in cents, as this service writes it.
fn of_cents(shape: &'static str, is_naive: bool) -> Service {
    let shop = Shop::with(&[("a", 0)], is_naive);
    let show = move |cents: i64| match shape {
        "text" => json!(format!("{}.{:02}", cents / 100, cents % 100)),
        _ => json!(cents as f64 / 100.0),
    };
    let cents = |value: &Value| match value {
        Value::String(text) => (text.parse::<f64>().expect(text) * 100.0).round() as i64,
        value => (value.as_f64().expect("a number") * 100.0).round() as i64,
    };
    Service::start(move |method, _, body| {
        let held = match method {
            "PUT" => {
                let held = cents(&sent(body)["b"]);
                shop.accounts.lock().expect("a lock").insert("a".to_owned(), held);
                held
            }
            "POST" => shop.add(&[("a", cents(&sent(body)["d"]))])["a"],
            _ => shop.all()["a"],
        };
        Reply::Json(200, json!({ "b": show(held) }).to_string())
    })
}

const CENTS: &str = r#"
scale: 2
accounts: { a: 1000.10 }
reset: { request: { method: PUT, path: /a, json: { b: "{{ balance }}" } } }
read: { request: "/a?{{ account }}", balance: $.b }
operations:
  add:
    request: { method: POST, path: /a, json: { d: "{{ d }}" } }
    effect: { account: a, delta: "{{ d }}", balance: $.b }
invariants: { it grows: total >= 1000.1 and balance('a') == total }
"#;

#[test]
fn cents_are_exact_in_numbers_and_in_texts() {
    // 40 times 0.1 is no whole number of cents to a double.
    let text = CENTS.to_owned() + &load("{ add: { d: 0.10 } }");
    let expected = format!("{text}expect: {{ balances: {{ a: 1004.10 }}, total: 1004.1 }}\n");
    for shape in ["number", "text"] {
        let ended = run(&of_cents(shape, false), &expected, &[]).code(0);
        assert!(ended.stdout.contains("in units of 0.01"), "{}", ended.stdout);
        assert!(ended.stdout.contains("100410"), "{}", ended.stdout);
        let ended = run(&of_cents(shape, true), &text, &[]).code(1);
        assert!(ended.stdout.contains("lost update"), "{}", ended.stdout);
    }
}

#[test]
fn amounts_that_are_none_are_refused_where_they_stand() {
    let with = |from: &str, to: &str| {
        assert!(CENTS.contains(from), "{from}");
        CENTS.replace(from, to) + &load("{ add: { d: 1 } }")
    };
    let own = "scale: 2\naccounts: { a: 1 }\n".to_owned() + &load("{ deposit: 1, account: a }");
    let service = of_cents("number", false);
    for (text, says) in [
        (with("1000.10", "1000.101"), "at most 2 digits after the point"),
        (with("scale: 2\n", ""), "`scale: 2`"),
        (with("scale: 2", "scale: 10"), "the most is 9"),
        (with("delta: \"{{ d }}\"", "delta: 0.001"), "at most 2 digits"),
        (with("delta: \"{{ d }}\"", "delta: 0.00"), "changes nothing"),
        (own, "counts whole numbers"),
    ] {
        let ended = run(&service, &text, &[]).code(2);
        assert!(ended.stderr.contains(says), "{says}: {}", ended.stderr);
    }
}

const BATCH: &str = r#"
accounts: [a, b, c]
reset: none
read: { request: /all, balances: $ }
operations:
  batch:
    request: { method: POST, path: /batch, json: { n: "{{ n }}" } }
    rejected: 409
    effect:
      - { account: a, delta: "{{ n }}", balance: $.a }
      - { account: b, delta: "{{ n * 2 }}", balance: $.b }
      - { account: c, delta: "-{{ n }}" }
"#;

fn of_batches(is_naive: bool) -> Service {
    let shop = Shop::with(&[("a", 100), ("b", 100), ("c", 150)], is_naive);
    Service::start(move |method, _, body| {
        if method == "GET" {
            return Reply::Json(200, json!(shop.all()).to_string());
        }
        let n = sent(body)["n"].as_i64().expect("a number");
        // Only one of the three has too little.
        if !is_naive && shop.all()["c"] < n {
            return Reply::Json(409, "{}".to_owned());
        }
        Reply::Json(200, json!(shop.add(&[("a", n), ("b", 2 * n), ("c", -n)])).to_string())
    })
}

#[test]
fn an_operation_may_change_several_accounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = folder.path().join("h.jsonl");
    let history = history.to_str().expect("UTF-8");
    let text = BATCH.to_owned() + &load("{ batch: { n: 4..9 } }");
    for (is_naive, code) in [(false, 0), (true, 1)] {
        let args = ["--history", history];
        let ended = run(&of_batches(is_naive), &text, &args).code(code);
        assert!(ended.stdout.contains("judged account by account"), "{}", ended.stdout);
        let again = Bankrun::new(&["check", history]).run().code(code);
        assert_eq!(again.stdout.contains("lost update"), is_naive, "{}", again.stdout);
    }
    // Refused for lack of one account, which says nothing of the others.
    let text = BATCH.to_owned() + &load("{ batch: { n: 60 } }");
    let ended = run(&of_batches(false), &text, &["--history", history]).code(0);
    assert!(ended.stdout.contains("rejected"), "{}", ended.stdout);
    Bankrun::new(&["check", history]).run().code(0);
}

#[test]
fn an_account_is_changed_once() {
    let service = of_batches(false);
    let twice = BATCH.replace("account: b", "account: a") + &load("{ batch: { n: 1 } }");
    let ended = run(&service, &twice, &[]).code(2);
    assert!(ended.stderr.contains("two effects are of the account `a`"), "{}", ended.stderr);
    // The same, found out in the run.
    let drawn = BATCH.replace("account: b", "account: \"{{ x }}\"");
    let ended = run(&service, &(drawn + &load("{ batch: { n: 1, x: a } }")), &[]);
    let text = ended.stdout + &ended.stderr;
    assert!(text.contains("two of its effects are of account a"), "{text}");
}

const FEE: &str = r#"
timeout: 300ms
accounts: { a: 10000 }
reset: { request: { method: PUT, path: "/{{ account }}", json: { b: "{{ balance }}" } } }
read: { request: "/{{ account }}", balance: $.b }
operations:
  take:
    request: { method: POST, path: /take, json: { n: "{{ n }}" } }
    capture: { charged: $.charged }
    effect: { account: a, delta: "-{{ charged }}", balance: $.b }
"#;

/// Takes a fee that only the answer tells. `silent`: the answer to so many comes never.
fn of_fees(is_naive: bool, silent: usize) -> Service {
    let shop = Shop::with(&[("a", 10_000)], is_naive);
    let count = Mutex::new(0);
    Service::start(move |method, _, body| match method {
        "PUT" => {
            let held = sent(body)["b"].as_i64().expect("a number");
            shop.accounts.lock().expect("a lock").insert("a".to_owned(), held);
            Reply::Json(200, "{}".to_owned())
        }
        "POST" => {
            let number = {
                let mut count = count.lock().expect("a lock");
                *count += 1;
                *count
            };
            let charged = sent(body)["n"].as_i64().expect("a number") + number as i64 % 4;
            let held = shop.add(&[("a", -charged)])["a"];
            match number <= silent {
                true => Reply::Silence,
                false => Reply::Json(200, json!({ "charged": charged, "b": held }).to_string()),
            }
        }
        _ => Reply::Json(200, json!({ "b": shop.all()["a"] }).to_string()),
    })
}

#[test]
fn a_delta_may_be_told_by_the_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = folder.path().join("h.jsonl");
    let history = history.to_str().expect("UTF-8");
    let text = FEE.to_owned() + &load("{ take: { n: 1..9 } }");
    for (is_naive, silent, code) in [(false, 0, 0), (true, 0, 1), (false, 3, 3)] {
        let ended = run(&of_fees(is_naive, silent), &text, &["--history", history]).code(code);
        let says = "only its answer would have told";
        assert_eq!(ended.stdout.contains(says), silent > 0, "{}", ended.stdout);
        let again = Bankrun::new(&["check", history]).run().code(code);
        assert_eq!(again.stdout.contains(says), silent > 0, "{}", again.stdout);
    }
}

#[test]
fn the_account_is_known_before_the_answer() {
    let service = of_fees(false, 0);
    for (from, to, says) in [
        ("account: a,", "account: \"{{ charged }}\",", "`account` names `charged`"),
        ("account: a,", "account: a, to: b,", "write two effects"),
    ] {
        let text = FEE.replacen(from, to, 1) + &load("{ take: { n: 1 } }");
        let ended = run(&service, &text, &[]).code(2);
        assert!(ended.stderr.contains(says), "{says}: {}", ended.stderr);
    }
    // What was charged is not there: it was done, and nobody knows how much of it.
    let text = FEE.replace("$.charged }", "$.charge }") + &load("{ take: { n: 1 } }");
    let ended = run(&service, &text, &[]).code(3);
    assert!(ended.stdout.contains("which `effect.delta` depends on"), "{}", ended.stdout);
}

/// Everything is answered with 200.
#[test]
fn an_answer_may_mean_that_nothing_happened() {
    let shop = Shop::with(&[("a", 100)], false);
    let count = Mutex::new(0);
    let service = Service::start(move |method, _, _| {
        let mut count = count.lock().expect("a lock");
        *count += u32::from(method == "POST");
        let body = match (method, *count % 4) {
            ("GET", _) => json!({ "b": shop.all()["a"] }),
            (_, 1) => json!({ "errors": [{ "message": "used before" }] }),
            (_, 2) => json!({ "code": "CONFLICT" }),
            (_, 3) => json!({ "status": "queued" }),
            _ => json!({ "b": shop.add(&[("a", 1)])["a"] }),
        };
        Reply::Json(200, body.to_string())
    });
    let text = |meanings: &str| {
        format!(
            "accounts: [a]\nreset: none\nread: {{ request: \"/a?{{{{ account }}}}\", balance: $.b }}\n\
             operations:\n  add:\n    request: {{ method: POST, path: /add }}\n{meanings}    \
             effect: {{ account: a, delta: 1, balance: $.b }}\n{}",
            load("{ add: {} }")
        )
    };
    let failed = "    failed: [{ jsonpath: $.errors }, { jsonpath: $.code, \"==\": CONFLICT }]\n";
    let queued =
        "    rejected: { body: never }\n    unknown: { jsonpath: $.status, \"==\": queued }\n";
    let ended = run(&service, &text(&format!("{failed}{queued}")), &[]).code(0);
    let row = ended.stdout.lines().rfind(|line| line.starts_with("s "));
    let row = row.expect("a row").to_owned();
    let numbers: Vec<&str> = row.split_whitespace().collect();
    // vus, iterations, ok, rejected, unknown, failed
    assert_eq!(numbers[1..7], ["5", "40", "10", "0", "10", "20"], "{}", ended.stdout);
    // It comes before `ok`, which fits as well.
    let all = format!("    ok: 200\n{failed}").replace("}]", "}, { jsonpath: $.status }]");
    run(&service, &text(&all), &[]).code(0);
}
