//! Write skew, in a service made for it: two doctors are on call, each goes off
//! because the other is on, and then nobody is.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::json;

use crate::support::{Bankrun, Ended, Reply, Service};

const SCENARIO: &str = r#"
accounts: { ann: 1, bob: 1 }
reset: { request: { method: POST, path: /duty, json: "{{ accounts }}" } }
read: { request: /duty, balances: $ }
operations:
  go off:
    request: { method: POST, path: "/duty/{{ who }}/off" }
    effect: { account: "{{ who }}", delta: -1, balance: $.on }
scenarios:
  ann: { executor: shared-iterations, vus: 1, iterations: 1, operations: [ { go off: { who: ann } } ] }
  bob: { executor: shared-iterations, vus: 1, iterations: 1, operations: [ { go off: { who: bob } } ] }
invariants:
  somebody is on call: balance('ann') + balance('bob') >= 1
"#;

/// Who is on call, and who was when the day began.
#[derive(Default)]
struct Duty {
    now: BTreeMap<String, i64>,
    before: BTreeMap<String, i64>,
}

/// Whoever goes off needs the other one to be on, and writes a row of his own, so
/// that nothing is lost. Unless it is `careful`, it looks at a snapshot from
/// before, as both get one under REPEATABLE READ.
fn service(careful: bool) -> Service {
    let duty: Mutex<Duty> = Mutex::default();
    Service::start(move |method, path, body| {
        let mut duty = duty.lock().expect("not poisoned");
        match (method, path) {
            ("POST", "/duty") => {
                duty.now = serde_json::from_slice(body).expect("who is on");
                duty.before = duty.now.clone();
                Reply::Json(200, "{}".into())
            }
            ("GET", "/duty") => Reply::Json(200, json!(duty.now).to_string()),
            ("POST", "/duty/ann/off" | "/duty/bob/off") => {
                let seen = if careful { &duty.now } else { &duty.before };
                if seen.values().sum::<i64>() < 2 {
                    return Reply::Json(409, r#"{"error":"nobody else is on"}"#.into());
                }
                let who = path.split('/').nth(2).expect("a name").to_owned();
                duty.now.insert(who, 0);
                Reply::Json(200, r#"{"on":0}"#.into())
            }
            _ => Reply::Text(404, "nothing"),
        }
    })
}

fn run(service: &Service) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("duty.yaml");
    std::fs::write(&path, SCENARIO).expect("written");
    Bankrun::new(&[path.to_str().expect("a path"), "--target", &service.url]).run()
}

#[test]
fn write_skew_breaks_the_rule_of_two_accounts() {
    let ended = run(&service(false)).code(1);
    assert!(ended.stdout.contains("somebody is on call"), "{}", ended.stdout);
    assert!(ended.stdout.contains("ann: 0, bob: 0"), "{}", ended.stdout);
}

#[test]
fn a_service_that_keeps_the_rule_is_not_blamed() {
    let ended = run(&service(true)).code(0);
    assert!(ended.stdout.contains("1x go off: 409 nobody else is on"), "{}", ended.stdout);
}
