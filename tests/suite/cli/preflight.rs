//! A wrong scenario file never accuses a right service: its operations are tried
//! alone beforehand, and the verdict knows a contradiction from a race.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Bankrun, Ended, Reply, Service};

/// A service that is right: `/add`, `/take`, `/move`, ... change accounts a and b,
/// and answer with all that somebody may take for the balance.
#[derive(Default)]
struct Till {
    accounts: BTreeMap<String, i64>,
    changes: u64,
    resets: u64,
}

fn till() -> (Arc<Mutex<Till>>, Service) {
    let till: Arc<Mutex<Till>> = Arc::default();
    let service = Service::start({
        let till = till.clone();
        move |method, path, body| answer(&mut till.lock().expect("the till"), method, path, body)
    });
    (till, service)
}

fn answer(till: &mut Till, method: &str, path: &str, body: &[u8]) -> Reply {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let n = body["n"].as_i64().unwrap_or(0);
    let add = |till: &mut Till, account: &str, delta: i64| {
        till.changes += 1;
        *till.accounts.entry(account.to_owned()).or_default() += delta;
    };
    let before = till.accounts.get("a").copied().unwrap_or_default();
    match (method, path) {
        ("POST", "/reset") => {
            till.resets += 1;
            till.accounts = [("a".to_owned(), 1000), ("b".to_owned(), 1000)].into();
        }
        ("POST", "/add") => add(till, "a", n),
        ("POST", "/take") => add(till, "a", -n),
        ("POST", "/cents") => add(till, "a", n * 100),
        ("POST", "/fee") => add(till, "a", -n - 2),
        ("POST", "/other") => add(till, "b", n),
        ("POST", "/move") => {
            add(till, "a", -n);
            add(till, "b", n);
        }
        ("POST", "/refuse") => return Reply::Json(409, json!({ "error": "no" }).to_string()),
        ("GET", path) if path.starts_with("/a/") => {
            let balance = till.accounts.get(&path[3..]).copied();
            return match balance {
                Some(balance) => Reply::Json(200, json!({ "balance": balance }).to_string()),
                None => Reply::Json(404, json!({ "error": "no such account" }).to_string()),
            };
        }
        ("POST", "/nothing") => {}
        _ => return Reply::Text(404, "nothing"),
    }
    let (a, b) = (till.accounts["a"], till.accounts["b"]);
    let told = json!({ "after": a, "before": before, "n": n, "credit": a + 500, "cents": a * 100, "b": b });
    Reply::Json(200, told.to_string())
}

/// Line 5 is the operation.
fn scenario(path: &str, effect: &str) -> String {
    format!(
        "accounts: {{ a: 1000, b: 1000 }}
reset: {{ request: {{ method: POST, path: /reset }} }}
read: {{ request: \"/a/{{{{ account }}}}\", balance: $.balance }}
operations:
  op: {{ request: {{ method: POST, path: {path}, json: {{ n: \"{{{{ n }}}}\" }} }}, effect: {{ {effect} }} }}
scenarios:
  all: {{ executor: shared-iterations, vus: 4, iterations: 30, operations: [{{ op: {{ n: 1..9 }} }}] }}
"
    )
}

fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.yaml");
    std::fs::write(&path, text).expect("written");
    (folder, path)
}

fn run(text: &str, service: &Service, more: &[&str]) -> Ended {
    let (_folder, path) = file(text);
    let path = path.to_str().expect("a path");
    Bankrun::new(&[&[path, "--target", &service.url, "--seed", "1"], more].concat()).run()
}

/// What is wrong with a file, where, and what is said of it.
const WRONG: &[(&str, &str, &str, &str)] = &[
    (
        "/take",
        "account: a, delta: \"{{ n }}\", balance: $.after",
        "\"{{ n }}\", balance",
        "the sign is the other way round: write `delta: \"-{{ n }}\"`",
    ),
    ("/add", "account: a, delta: \"-{{ n }}\"", "\"-{{ n }}\" }", "write `delta: \"{{ n }}\"`"),
    (
        "/add",
        "account: a, delta: \"{{ n }}\", balance: $.before",
        "$.before",
        "that is the balance before the operation, not after it",
    ),
    (
        "/cents",
        "account: a, delta: \"{{ n }}\", balance: $.after",
        "\"{{ n }}\", balance",
        "it is 100 times what the file says",
    ),
    (
        "/fee",
        "account: a, delta: \"-{{ n }}\", balance: $.after",
        "\"-{{ n }}\", balance",
        "it is -2 off the file",
    ),
    (
        "/add",
        "account: a, delta: \"{{ n }}\", balance: $.n",
        "$.n",
        "that is the amount that was moved",
    ),
    (
        "/add",
        "account: a, delta: \"{{ n }}\", balance: $.credit",
        "$.credit",
        "it is +500 off what `read` finds",
    ),
    (
        "/add",
        "account: a, delta: \"{{ n }}\", balance: $.cents",
        "$.cents",
        "it is 100 times what `read` finds",
    ),
    (
        "/add",
        "account: a, delta: \"{{ n }}\", balance: $.b",
        "$.b",
        "that is the balance of account b",
    ),
    (
        "/other",
        "account: a, delta: \"{{ n }}\"",
        "a, delta",
        "this names the wrong account: it is b that changes",
    ),
    (
        "/move",
        "account: a, delta: \"-{{ n }}\", balance: $.after",
        "op:",
        "what goes from one account to another has a `to`",
    ),
    ("/nothing", "account: a, delta: \"{{ n }}\"", "\"{{ n }}\" }", "nothing changed at all"),
    ("/add", "account: a, balance: $.after", "op:", "say what it adds: `delta`"),
];

#[test]
fn a_contradiction_is_told_at_its_place_before_anything_is_run() {
    for (path, effect, place, told) in WRONG {
        let (till, service) = till();
        let text = scenario(path, effect);
        let ended = run(&text, &service, &[]).code(2);
        let flat = ended.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(told), "{effect}\n{}", ended.stderr);
        let line = text.lines().nth(4).expect("a line");
        let column = line.rfind(place).expect("the place") + 1;
        assert!(
            flat.contains(&format!("s.yaml:5:{column}")),
            "{effect} {column}\n{}",
            ended.stderr
        );
        assert!(!ended.stdout.contains("FAIL"), "{}", ended.stdout);
        // Twice, to be sure; a transfer changes two accounts.
        assert!(till.lock().expect("the till").changes <= 4);
    }
}

#[test]
fn without_it_the_verdict_knows_a_contradiction_from_a_race() {
    for (path, effect, _, _) in WRONG {
        // All that was acknowledged may also have been lost.
        if *path == "/nothing" {
            continue;
        }
        for vus in ["vus: 4", "vus: 1"] {
            let (_, service) = till();
            let text = scenario(path, effect).replace("vus: 4", vus);
            let folder = tempfile::tempdir().expect("a folder");
            let history = folder.path().join("history.jsonl");
            let history = history.to_str().expect("a path");
            let ended = run(&text, &service, &["--no-preflight", "--history", history]);
            let again = Bankrun::new(&["check", history]).run();
            for ended in [ended, again] {
                let said = &ended.stdout;
                if effect.contains("delta") {
                    assert_eq!(ended.code, Some(3), "{effect} {vus}\n{said}");
                    assert!(
                        said.contains("contradict the scenario file"),
                        "{effect} {vus}\n{said}"
                    );
                }
                assert!(
                    !said.contains("fsync") && !said.contains("FOR UPDATE"),
                    "{effect}\n{said}"
                );
            }
        }
    }
}

#[test]
fn what_is_right_is_tried_once_and_is_no_part_of_the_numbers() {
    let (till, service) = till();
    let text = scenario("/add", "account: a, delta: \"{{ n }}\", balance: $.after");
    let ended = run(&text, &service, &["--summary-export", "-"]).code(0);
    let summary: Value = serde_json::from_str(&ended.stdout).expect("a summary");
    assert_eq!(summary["runs"][0]["total"]["outcomes"]["ok"], 30);
    assert_eq!(summary["runs"][0]["total"]["http_reqs"], 30);
    let till = till.lock().expect("the till");
    assert_eq!((till.changes, till.resets), (31, 2));
}

#[test]
fn what_cannot_be_known_accuses_nobody() {
    // Refused, so nothing is known of its effect.
    let (_, service) = till();
    let refused = scenario("/refuse", "account: a, delta: \"{{ n }}\"");
    let ended = run(&refused, &service, &[]).code(3);
    assert!(ended.stdout.contains("none of 30 operations was acknowledged"), "{}", ended.stdout);
    // Nothing could be put back.
    let (till, service) = till();
    run(
        "accounts: [a]\nreset: none\nscenarios: { s: { executor: shared-iterations, operations: [{ request: /reset }] } }",
        &service,
        &[],
    );
    let _ = answer(&mut till.lock().expect("the till"), "POST", "/reset", b"");
    let text = scenario("/add", "account: a, delta: \"{{ n }}\", balance: $.after");
    let text = text.replace("{ request: { method: POST, path: /reset } }", "none");
    let ended = run(&text, &service, &[]).code(0);
    assert!(ended.stdout.contains("not tried beforehand"), "{}", ended.stdout);
    assert_eq!(till.lock().expect("the till").changes, 30);
}

#[test]
fn accounts_that_change_by_themselves_accuse_nobody() {
    let (till, service) = till();
    let interest = till.clone();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = stop.clone();
    let clock = std::thread::spawn(move || {
        while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
            if let Some(balance) = interest.lock().expect("the till").accounts.get_mut("a") {
                *balance += 1;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    });
    let text = scenario("/nothing", "account: a, delta: \"{{ n }}\"")
        .replace("vus: 4, iterations: 30, ", "");
    let text = text.replace("{ a: 1000, b: 1000 }", "[a, b]");
    let ended = run(&format!("settle: 200ms\n{text}"), &service, &[]);
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    clock.join().expect("the clock");
    assert_ne!(ended.code, Some(2), "{}\n{}", ended.stdout, ended.stderr);
}

#[test]
fn steps_before_it_give_it_what_they_capture() {
    let (till, service) = till();
    let text = scenario("/add", "account: a, delta: \"{{ n }}\", balance: $.before");
    let text = text
        .replace("[{ op: { n: 1..9 } }]", "[{ look: {} }, { op: { n: \"{{ seen - 993 }}\" } }]");
    let text = text.replace(
        "operations:\n",
        "operations:\n  look: { request: /a/a, capture: { seen: $.balance } }\n",
    );
    let ended = run(&text, &service, &[]).code(2);
    let flat = ended.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("went from 1000 to 1007"), "{}", ended.stderr);
    assert_eq!(till.lock().expect("the till").changes, 2);
}

#[test]
fn validate_live_tries_and_runs_nothing() {
    let (till, service) = till();
    let text = scenario("/add", "account: a, delta: \"{{ n }}\", balance: $.after");
    let more = "  bad: { request: { method: POST, path: /take, json: { n: 3 } }, effect: { account: a, delta: 3 } }\n  none: { request: { method: POST, path: /refuse }, effect: { account: a, delta: 3 } }\n";
    let text = text.replace("scenarios:\n", &format!("{more}scenarios:\n"));
    let text =
        text.replace("[{ op: { n: 1..9 } }]", "[{ op: { n: 5 } }, { bad: {} }, { none: {} }]");
    let (_folder, path) = file(&text);
    let path = path.to_str().expect("a path");
    let live = |target: &str| Bankrun::new(&["validate", "--live", path, "--target", target]).run();
    let ended = live(&service.url).code(2);
    let rows: Vec<&str> = ended.stdout.lines().map(str::trim).collect();
    assert_eq!(
        rows[1..],
        [
            "op    as the file says: a 1000 -> 1005 (+5), answered 1005",
            "bad   NOT as the file says: a 1005 -> 1002 (-3)",
            "none  not tried: refused: none: 409 no",
        ]
    );
    assert!(ended.stderr.contains("write `delta: -3`"), "{}", ended.stderr);
    assert_eq!(till.lock().expect("the till").accounts["a"], 1000, "reset at the end");
    let ended = live("http://127.0.0.1:1").code(4);
    assert!(ended.stderr.contains("could not be tried"), "{}", ended.stderr);
}

#[test]
fn validate_says_what_no_effect_means() {
    let text = scenario("/add", "account: a, delta: \"{{ n }}\"");
    let text = text.replace("operations:\n", "operations:\n  look: { request: /a/a }\n");
    let (_folder, path) = file(&text);
    let ended = Bankrun::new(&["validate", path.to_str().expect("a path")]).run().code(0);
    assert!(ended.stderr.contains("`look` has no `effect`"), "{}", ended.stderr);
}

#[test]
fn quoted_names_are_names_everywhere() {
    let names = ["0042", "0x10", "+5"];
    let till: Arc<Mutex<BTreeMap<String, i64>>> = Arc::default();
    let service = Service::start({
        let till = till.clone();
        move |method, path, body| {
            let mut till = till.lock().expect("the till");
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let name = path.trim_start_matches("/a/").replace("%2B", "+");
            match (method, path) {
                ("GET", "/all") => return Reply::Json(200, json!(*till).to_string()),
                ("PUT", _) => drop(till.insert(name.clone(), body["b"].as_i64().expect("b"))),
                _ => match till.get_mut(&name) {
                    Some(balance) => *balance += 1,
                    None => return Reply::Text(404, "nothing"),
                },
            }
            Reply::Json(200, json!({ "b": till[&name] }).to_string())
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("rows.csv"), "id\n0042\n0x10\n+5\n").expect("written");
    let text = "accounts: { \"0042\": 0, \"0x10\": 0, \"+5\": 0 }
data: { rows: rows.csv }
reset: { request: { method: PUT, path: \"/a/{{ account }}\", json: { b: \"{{ balance }}\" } } }
read: { request: /all, balances: $ }
operations:
  add: { request: { method: POST, path: \"/a/{{ a }}\" }, effect: { account: \"{{ a }}\", delta: 1, balance: $.b } }
  first: { request: { method: POST, path: /a/0042 }, effect: { account: \"0042\", delta: 1, balance: $.b } }
  given: { request: { method: POST, path: \"/a/${ACCOUNT}\" }, effect: { account: \"${ACCOUNT}\", delta: 1, balance: $.b } }
scenarios:
  all: { executor: shared-iterations, iterations: 3, operations: [{ add: { a: \"{{ rows.id }}\" } }, { add: { a: \"0x10\" } }, { first: {} }, { given: {} }, { balance: \"+5\" }] }
expect: { balances: { \"0042\": 4, \"0x10\": 4, \"+5\": 4 } }
";
    let path = folder.path().join("s.yaml");
    std::fs::write(&path, text).expect("written");
    let path = path.to_str().expect("a path");
    let ended = Bankrun::new(&[path, "--target", &service.url, "-e", "ACCOUNT=+5"]).run().code(0);
    assert!(ended.stdout.contains("3 balances as expected"), "{}", ended.stdout);
    let till = till.lock().expect("the till");
    assert_eq!(till.keys().map(String::as_str).collect::<Vec<_>>(), ["+5", "0042", "0x10"]);
    assert_eq!(names.len(), till.len());
}
