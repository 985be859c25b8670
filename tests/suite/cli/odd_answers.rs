//! Services whose answers are not what a careful service would send: bankrun
//! must not take them for more than they are, and must not blame the service.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::support::{Bankrun, Ended, Reply, Service};

const SCENARIO: &str = r#"
accounts: { "seat a/b": 1000, other: 5 }
reset: { request: { method: PUT, path: "/seats/{{ account }}", json: { left: "{{ balance }}" } } }
read: { request: "/seats/{{ account }}", balance: $.left }
seed: 3
operations:
  reserve:
    request: { method: POST, path: "/seats/{{ seat }}/reserve", json: { seats: "{{ seats }}" } }
    effect: { account: "{{ seat }}", delta: "-{{ seats }}", balance: $.left }
scenarios:
  buyers:
    executor: shared-iterations
    vus: 3
    iterations: 24
    operations: [ { reserve: { seat: seat a/b, seats: 1..9 } } ]
"#;

#[derive(Default)]
struct Seats {
    left: i64,
    other: i64,
    asked: u64,
    paths: Vec<String>,
}

/// Reserves correctly; every third time it answers `odd` instead, without having
/// done anything.
fn service(state: &'static Mutex<Seats>, odd: fn(i64) -> Option<Reply>) -> Service {
    Service::start(move |method, path, body| {
        let mut seats = state.lock().expect("not poisoned");
        seats.paths.push(format!("{method} {path}"));
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let told = |left: i64| Reply::Json(200, json!({ "left": left }).to_string());
        match (method, path) {
            ("PUT", "/seats/seat%20a%2Fb") => {
                seats.left = body["left"].as_i64().expect("a number");
                told(seats.left)
            }
            ("PUT", "/seats/other") => {
                seats.other = body["left"].as_i64().expect("a number");
                told(seats.other)
            }
            ("GET", "/seats/seat%20a%2Fb") => told(seats.left),
            ("GET", "/seats/other") => told(seats.other),
            ("POST", "/seats/seat%20a%2Fb/reserve") => {
                seats.asked += 1;
                let left = seats.left - body["seats"].as_i64().expect("a number");
                match odd(left) {
                    Some(reply) if seats.asked.is_multiple_of(3) => reply,
                    _ => {
                        seats.left = left;
                        told(left)
                    }
                }
            }
            _ => Reply::Text(404, "nothing"),
        }
    })
}

fn run(scenario: &str, service: &Service, more: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("seats.yaml");
    std::fs::write(&path, scenario).expect("written");
    let path = path.to_str().expect("a path");
    Bankrun::new(&[&[path, "--target", &service.url], more].concat()).run()
}

fn seats() -> &'static Mutex<Seats> {
    Box::leak(Box::default())
}

#[test]
fn a_page_or_an_error_under_200_is_not_taken_for_an_acknowledgement() {
    let odd: [fn(i64) -> Option<Reply>; 3] = [
        |_| Some(Reply::Text(200, "<html><form>log in</form></html>")),
        |_| Some(Reply::Json(200, r#"{"ok":false,"error":"not today"}"#.into())),
        |left| Some(Reply::Json(202, json!({ "left": left.to_string() + ".5" }).to_string())),
    ];
    for odd in odd {
        let service = service(seats(), odd);
        let ended = run(SCENARIO, &service, &[]).code(0);
        assert!(ended.stdout.contains(" without a whole number at $.left"), "{}", ended.stdout);
        let strict = SCENARIO.replace(
            "    effect",
            "    ok: { status: 200, jsonpath: $.left, '>=': 0 }\n    effect",
        );
        let ended = run(&strict, &service, &[]).code(0);
        assert!(ended.stdout.contains(", expected "), "{}", ended.stdout);
    }
}

/// Without `read` the service is asked as the bank is.
#[test]
fn a_service_that_says_nothing_of_its_balances_is_led_to_read() {
    let scenario = SCENARIO
        .replace("reset: {", "reset: none #")
        .replace("read: {", "# read: {")
        .replace(", other: 5", "");
    for (reply, said) in [
        (
            (|| Reply::Json(200, r#"{"left":5}"#.into())) as fn() -> Reply,
            "did you mean `$.left`?; `read: { request",
        ),
        (|| Reply::Text(404, "no such page"), "404 `no such page`; `read: { request"),
    ] {
        let service = Service::start(move |_, _, _| reply());
        let ended = run(&scenario, &service, &[]).code(4);
        assert!(ended.stdout.contains(said), "no `{said}` in {}", ended.stdout);
    }
}

/// The first that a new user meets: the rule does not fit the answer.
#[test]
fn a_balance_that_cannot_be_read_is_told_with_what_came() {
    let scenario = SCENARIO.replace("reset: {", "reset: none #").replace(", other: 5", "");
    let told = |reply: fn() -> Reply| {
        let service = Service::start(move |_, _, _| reply());
        let ended = run(&scenario, &service, &[]).code(4);
        ended.stdout.lines().find(|line| line.contains("COULD NOT RUN")).unwrap_or("").to_owned()
    };
    for (reply, said) in [
        (
            (|| Reply::Json(200, r#"{"lefd":5}"#.into())) as fn() -> Reply,
            "the answer has no `left`; there is `lefd` (5); did you mean `$.lefd`?",
        ),
        (|| Reply::Json(200, r#"{"left":null}"#.into()), "at $.left: null is there"),
        (|| Reply::Json(200, r#"{"left":"7.50"}"#.into()), "\"7.50\" is there"),
        (|| Reply::Json(200, r#"[{"left":7}]"#.into()), "did you mean `$[0].left`?"),
        (|| Reply::Text(200, "<html>\n<form>log in</form>"), "it is an HTML page, `<html> <form>"),
        (|| Reply::Text(401, "who are you?"), "401 `who are you?`; BANKRUN_TOKEN"),
        (|| Reply::Text(500, ""), "500 with an empty body"),
    ] {
        let told = told(reply);
        assert!(told.contains(said), "no `{said}` in {told}");
    }
}

#[test]
fn a_byte_order_mark_does_not_hide_the_balance() {
    let state = seats();
    let service = Service::start(move |method, _, body| {
        let mut seats = state.lock().expect("not poisoned");
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        match method {
            "PUT" => seats.left = body["left"].as_i64().expect("a number"),
            "POST" => seats.left -= body["seats"].as_i64().expect("a number"),
            _ => {}
        }
        Reply::Json(200, format!("\u{feff}{{\"left\":{}}}", seats.left))
    });
    let ended = run(&SCENARIO.replace(", other: 5", ""), &service, &[]).code(0);
    assert!(!ended.stdout.contains("without"), "{}", ended.stdout);
}

#[test]
fn a_rule_of_two_accounts_sends_no_requests_that_cannot_be_answered() {
    let state = seats();
    let service = service(state, |_| None);
    let invariants = "invariants: { i: { that: \"balance('other') == 5\", every: 10ms } }\n";
    let scenario = format!("{SCENARIO}{invariants}")
        .replace("shared-iterations", "constant-vus")
        .replace("iterations: 24", "duration: 300ms");
    run(&scenario, &service, &[]).code(0);
    let paths = &state.lock().expect("not poisoned").paths;
    let strangers: Vec<_> = paths
        .iter()
        .filter(|path| !path.contains("/seats/seat%20a%2Fb") && !path.contains("/seats/other"))
        .filter(|path| *path != "GET /health")
        .collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

#[test]
fn a_look_at_all_needs_a_request_that_reads_all() {
    let service = service(seats(), |_| None);
    let scenario = SCENARIO.replace("[ { reserve", "[ { accounts: all }, { reserve");
    let ended = run(&scenario, &service, &[]).code(2);
    assert!(ended.stderr.contains("reads one account at a time"), "{}", ended.stderr);
}

#[test]
fn what_every_iteration_failed_at_is_no_pass() {
    let service = service(seats(), |_| None);
    let plain = "scenarios: { s: { executor: per-vu-iterations, vus: 2, iterations: 3, \
                 operations: [ STEPS ] } }";
    let steps = |steps| plain.replace("STEPS", steps);
    let all = run(&steps("{ request: /nothing }"), &service, &[]).code(3);
    assert!(all.stdout.contains("unknown: all of 6 requests failed"), "{}", all.stdout);
    // Somebody may ask for what is not there, and check that it is not.
    let wanted = "{ request: /nothing, checks: { is not there: 404 } }";
    run(&steps(wanted), &service, &[]).code(0);
    let capture = "{ request: /nothing, ok: 404, capture: { token: $.token } }";
    let cut = run(&steps(capture), &service, &[]).code(4);
    let told = "unknown: each of 6 iterations was cut short by an error";
    assert!(cut.stdout.contains(told) && !cut.stdout.contains("PASS"), "{}", cut.stdout);
}

#[test]
fn a_mistake_in_the_data_is_told_without_what_follows_from_it() {
    let service = service(seats(), |_| None);
    let scenario = "data: { u: { file: u.csv, order: random } }\nscenarios: { s: { executor: \
                    per-vu-iterations, operations: [ { request: \"/{{ u.name }}\" } ] } }";
    let ended = run(scenario, &service, &[]).code(2);
    assert!(ended.stderr.contains("unknown order `random`"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("there is no variable"), "{}", ended.stderr);
}
