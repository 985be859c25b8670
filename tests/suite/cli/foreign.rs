//! Services that are no bank, as a scenario declares them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::support::{Bankrun, Ended, Reply, Service};

/// The box office of `examples/inventory.rs`, on a port of its own.
struct BoxOffice {
    process: Child,
    url: String,
}

impl BoxOffice {
    fn open(arguments: &[&str]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_bankrun")).with_file_name("examples");
        let mut process = Command::new(program.join("inventory"))
            .arg("0")
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .expect("cargo test builds the examples");
        let mut line = String::new();
        let errors = process.stderr.take().expect("piped");
        BufReader::new(errors).read_line(&mut line).expect("it says where it is");
        let url = line.trim().rsplit(' ').next().expect("an address").to_owned();
        Self { process, url }
    }
}

impl Drop for BoxOffice {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_box_office_oversells_when_it_is_naive_and_only_then() {
    let office = BoxOffice::open(&[]);
    let args = |url| ["scenarios/inventory.yaml", "--target", url];
    let safe = Bankrun::new(&args(&office.url)).run().code(0);
    assert!(safe.stdout.contains("seats left are not negative"), "{}", safe.stdout);
    let office = BoxOffice::open(&["--naive"]);
    let naive = Bankrun::new(&args(&office.url)).run().code(1);
    assert!(naive.stdout.contains("lost update"), "{}", naive.stdout);
    told_by_their_names(&office);
    // The variable that the file itself names its target by.
    let named = Bankrun::new(&["scenarios/inventory.yaml", "-e"]);
    let mut command = named.command();
    let status = command.arg(format!("BOX_OFFICE={}", office.url)).status().expect("it runs");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_script_sells_seats_by_the_operations_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let shipped = std::fs::read_to_string("scenarios/inventory.yaml").expect("shipped");
    let (before, rest) = shipped.split_once("\nscenarios:").expect("scenarios");
    let (_, after) = rest.split_once("\nexpect:").expect("expectations");
    let scenarios = "\nlua: sale.lua\nscenarios:\n  sale: { executor: per-vu-iterations, vus: 10, \
                     iterations: 20, exec: sale }\n";
    let file = folder.path().join("sale.yaml");
    std::fs::write(&file, format!("{before}{scenarios}\nexpect:{after}")).expect("written");
    let script = r#"
        function sale()
          local res = operation.reserve{ concert = "jazz", seats = random.int(1, 4) }
          if res.ok and __ITER % 10 == 9 then operation.cancel{ concert = "jazz", seats = 1 } end
        end
        function verify(run)
          expect(run.balances.jazz, "==", http.get("/concerts"):json("concerts[0].left"))
        end"#;
    std::fs::write(folder.path().join("sale.lua"), script).expect("written");
    let file = file.to_str().expect("a path");
    let office = BoxOffice::open(&[]);
    let safe = Bankrun::new(&[file, "--target", &office.url]).run().code(0);
    assert!(safe.stdout.contains("seats left are not negative"), "{}", safe.stdout);
    assert!(safe.stdout.contains("2 balances as expected"), "{}", safe.stdout);
    let office = BoxOffice::open(&["--naive"]);
    let naive = Bankrun::new(&[file, "--target", &office.url]).run().code(1);
    assert!(naive.stdout.contains("lost update"), "{}", naive.stdout);
}

/// In the proof, the timeline and the summary, and when its history is judged.
fn told_by_their_names(office: &BoxOffice) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let (history, summary) = (path("run.jsonl"), path("summary.json"));
    let args = ["scenarios/inventory.yaml", "--target", &office.url];
    let files = ["--history", &history, "--summary-export", &summary];
    let run = Bankrun::new(&[&args[..], &files[..]].concat()).run().code(1);
    let again = Bankrun::new(&["check", &history]).run().code(1);
    let summary = std::fs::read_to_string(&summary).expect("written");
    for text in [&run.stdout, &again.stdout, &summary] {
        assert!(text.contains("reserve -"), "{text}");
        assert!(!text.contains("withdraw ") && !text.contains("deposit "), "{text}");
    }
}

const SHOP: &str = r#"
name: shop
timeout: 300ms
seed: 1
accounts: { apples: 50 }
reset:
  - request: { method: POST, path: /admin/clear }
  - request: { method: PUT, path: "/stock/{{ account }}", form: { amount: "{{ balance }}" } }
read:
  request: "/stock/{{ account }}"
  balance: $.stock[0].amount
variables: { who: "ann & bob" }
setup:
  - request: { method: POST, path: /login, json: { user: "{{ who }}" } }
    name: log in
    ok: { status: 200, jsonpath: $.token, exists: true }
    capture: { token: $.token }
operations:
  buy:
    request:
      method: POST
      path: "/buy/{{ what }}"
      query: { by: "{{ who }}" }
      headers: { Authorization: "Bearer {{ token }}", X-Order: "{{ key }}" }
      json: { amount: "{{ amount }}" }
    rejected: { status: 409, jsonpath: $.reason, "==": empty }
    effect: { account: "{{ what }}", delta: "-{{ amount }}", balance: $.left }
    resolve: { request: "/orders/{{ key }}", applied: 200, balance: $.left }
    capture: { receipt: { header: x-receipt } }
    checks:
      is bought: { status: 200, fail: true }
  look at the receipt:
    request: "/receipts/{{ receipt }}"
    checks: { shows the buyer: { contains: "ann & bob" } }
scenarios:
  buyers:
    executor: shared-iterations
    vus: 4
    iterations: 20
    operations:
      - { buy: { what: apples, amount: 1..9 } }
      - look at the receipt: {}
teardown:
  - request: { method: POST, path: /logout, headers: { Authorization: "Bearer {{ token }}" } }
    ok: 204
"#;

#[derive(Default)]
struct Shop {
    stock: BTreeMap<String, i64>,
    orders: u64,
    seen: Vec<String>,
}

/// Every fifth order is filled and never answered.
fn shop(shop: &'static Mutex<Shop>) -> Service {
    Service::start(move |method, path, body| {
        let mut shop = shop.lock().expect("not poisoned");
        shop.seen.push(format!("{method} {path}"));
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (method, parts.as_slice()) {
            ("POST", ["admin", "clear"]) => {
                shop.stock.clear();
                Reply::Json(200, "{}".into())
            }
            ("PUT", ["stock", what]) => {
                let form = std::str::from_utf8(body).expect("a form");
                let amount = form.strip_prefix("amount=").expect("an amount");
                shop.stock.insert((*what).to_owned(), amount.parse().expect("a number"));
                Reply::Json(200, "{}".into())
            }
            ("GET", ["stock", what]) => {
                let amount = shop.stock[*what];
                Reply::Json(200, json!({ "stock": [{ "amount": amount.to_string() }] }).to_string())
            }
            ("POST", ["login"]) if json["user"] == "ann & bob" => {
                Reply::Json(200, json!({ "token": "t-1" }).to_string())
            }
            ("POST", ["buy", what]) => {
                let amount = json["amount"].as_i64().expect("a number, not a text");
                let left = shop.stock[*what] - amount;
                if left < 0 {
                    return Reply::Json(409, json!({ "reason": "empty" }).to_string());
                }
                shop.stock.insert((*what).to_owned(), left);
                shop.orders += 1;
                match shop.orders % 5 {
                    0 => Reply::Silence,
                    _ => Reply::Json(200, json!({ "left": left }).to_string()),
                }
            }
            ("GET", ["orders", _]) => Reply::Json(200, "{}".into()),
            ("POST", ["logout"]) => Reply::Json(204, String::new()),
            _ => Reply::Text(404, "nothing"),
        }
    })
}

fn run(scenario: &str, service: &Service, more: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.yaml");
    std::fs::write(&path, scenario).expect("written");
    let path = path.to_str().expect("a path");
    let mut args = vec![path, "--target", &service.url];
    args.extend(more);
    Bankrun::new(&args).run()
}

#[test]
fn a_declared_service_is_set_read_asked_and_judged() {
    let state: &'static Mutex<Shop> = Box::leak(Box::default());
    let service = shop(state);
    // Nothing to capture for the receipt: this service sends none.
    let scenario = SHOP.replace("    capture: { receipt: { header: x-receipt } }\n", "");
    let scenario = scenario.replace("{{ receipt }}", "any");
    let ended = run(&scenario, &service, &[]).code(1);
    // The refusals at the end are no 200: the check that counts fails the run.
    assert!(ended.stdout.contains("is bought"), "{}", ended.stdout);
    assert!(ended.stdout.contains("shows the buyer"), "{}", ended.stdout);
    let scenario = scenario.replace("{ status: 200, fail: true }", "200");
    let ended = run(&scenario, &service, &[]).code(0);
    assert!(ended.stdout.contains("the service said later that"), "{}", ended.stdout);
    let seen = &state.lock().expect("not poisoned").seen;
    assert_eq!(
        seen[1..5],
        ["POST /admin/clear", "PUT /stock/apples", "GET /stock/apples", "POST /login"]
    );
    assert!(seen.iter().any(|line| line == "POST /logout"), "{seen:?}");
}

#[test]
fn what_cannot_be_captured_or_set_up_says_so() {
    let state: &'static Mutex<Shop> = Box::leak(Box::default());
    let service = shop(state);
    let ended = run(SHOP, &service, &[]);
    let told = "buy: nothing to capture as `receipt`: the answer has no header x-receipt";
    assert!(ended.stdout.contains(told), "{}\n{}", ended.stdout, ended.stderr);
    let ended = run(&SHOP.replace("ann & bob", "eve"), &service, &[]).code(4);
    assert!(ended.stdout.contains("setup[0]: log in: 404"), "{}\n{}", ended.stdout, ended.stderr);
    let ended = run(&SHOP.replace("/admin/clear", "/nowhere"), &service, &[]).code(4);
    assert!(ended.stdout.contains("/nowhere answered 404: nothing"), "{}", ended.stdout);
}

#[test]
fn accounts_can_be_left_as_they_are_found() {
    let state: &'static Mutex<Shop> = Box::leak(Box::default());
    state.lock().expect("not poisoned").stock.insert("apples".into(), 40);
    let service = shop(state);
    let scenario = "accounts: [apples]\nreset: none\nread: { request: \"/stock/{{ account }}\", balance: \
                    '$.stock[0].amount' }\nsetup: [{ request: { path: /login, json: { user: \"ann & bob\" } } }]\n\
                    scenarios: { readers: { executor: per-vu-iterations, vus: 2, operations: [{ balance: \
                    apples }] } }\nexpect: { balances: { apples: 40 } }\n";
    run(scenario, &service, &[]).code(0);
    // Stated and not so: the run does not begin.
    let stated = scenario.replace("accounts: [apples]", "accounts: { apples: 41 }");
    let ended = run(&stated, &service, &[]).code(4);
    assert!(ended.stdout.contains("account apples is 40, not 41"), "{}", ended.stdout);
}

#[test]
fn an_invariant_that_breaks_on_the_way_fails_the_run() {
    // The money is in nobody's account while a transfer is under way.
    let state: &'static Mutex<(i64, u64)> = Box::leak(Box::new(Mutex::new((100, 0))));
    let service = Service::start(move |_, path, _| {
        let mut state = state.lock().expect("not poisoned");
        match path {
            "/all" => {
                state.1 += 1;
                let torn = if state.1 == 3 { 90 } else { 100 };
                Reply::Json(200, json!({ "a": torn, "b": 0 }).to_string())
            }
            _ => Reply::Json(200, "{}".into()),
        }
    });
    let scenario = "reset: none\nread: { request: /all, balances: $ }\ninvariants: { the total is kept: { that: \
                    total == initial_total, every: 10ms } }\nscenarios: { idle: { executor: constant-vus, \
                    duration: 1s, operations: [{ request: /nothing, think: 20ms }] } }\n";
    let ended = run(scenario, &service, &[]).code(1);
    let told = "`the total is kept` did not hold";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
    assert!(ended.stdout.contains("total 90; a: 90, b: 0"), "{}", ended.stdout);
}
