//! `operation.NAME`: scripts call what the file beside them declares.

use std::sync::Mutex;

use bankrun::engine::{Planned, Stop};
use bankrun::facts::Event;
use bankrun::model::AccountId;
use bankrun::scenario::Scenario;
use serde_json::{Value, json};

use super::bank::Bank;
use super::drive::{Ran, SEED, execute_on, load};
use crate::support::{Reply, Service};

const FILE: &str = r#"
accounts: { jazz: 20 }
reset: none
read: { request: "/left/{{ account }}", balance: $.left }
variables: { office: "box & co" }
setup:
  - request: { method: POST, path: /login }
    capture: { token: $.token }
operations:
  reserve:
    request:
      method: POST
      path: "/reserve/{{ concert }}"
      query: { by: "{{ office }}" }
      headers: { X-Token: "{{ token }}" }
      json: { seats: "{{ seats }}", order: "{{ key }}", of: "{{ scenario }} {{ iteration }}" }
    rejected: 409
    effect: { account: "{{ concert }}", delta: "-{{ seats }}", balance: $.left }
    capture: { ticket: $.ticket }
    checks: { few are taken: { jsonpath: $.left, ">": 15 } }
    tags: { team: sales }
  show:
    request: "/tickets/{{ ticket }}"
scenarios:
  sale: { executor: shared-iterations, iterations: 2, exec: sale }
"#;

/// What came in, and how many seats are left.
type Seen = Mutex<(Vec<String>, i64)>;

fn office(seen: &'static Seen) -> Service {
    Service::start(move |method, path, body| {
        let mut seen = seen.lock().expect("not poisoned");
        seen.0.push(format!("{method} {path} {}", String::from_utf8_lossy(body)));
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        match path {
            "/login" => Reply::Json(200, json!({ "token": "t-1" }).to_string()),
            "/left/jazz" => Reply::Json(200, json!({ "left": seen.1 }).to_string()),
            "/reserve/jazz" => {
                let left = seen.1 - json["seats"].as_i64().expect("a number, not a text");
                if left < 0 {
                    return Reply::Json(409, json!({ "error": "sold out" }).to_string());
                }
                seen.1 = left;
                Reply::Json(201, json!({ "left": left, "ticket": { "no": left } }).to_string())
            }
            _ => Reply::Json(200, json!({}).to_string()),
        }
    })
}

fn run(file: &str, script: &str) -> (Ran, Vec<String>) {
    let seen: &'static Seen = Box::leak(Box::new(Mutex::new((Vec::new(), 20))));
    let office = office(seen);
    let file = format!("lua: custom.lua\n{file}");
    let loaded = Scenario::from_yaml("office.yaml", &file);
    let scenario = loaded.unwrap_or_else(|problems| panic!("{problems}")).scenario;
    let service = bankrun::engine::Service::new(office.url.parse().expect("a target"))
        .reading(scenario.read.clone());
    let planned = Planned::new(&scenario, SEED, &service);
    let program = load(script).expect("a script").hook(planned, &scenario, SEED).expect("hooks");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let bank = Bank::default();
    let run = execute_on(service, program, scenario, bank, Stop::new());
    let ran = runtime.block_on(run);
    let requests = seen.lock().expect("not poisoned").0.clone();
    (ran, requests)
}

#[test]
fn a_call_is_recorded_and_checked_like_the_file_s_own() {
    let script = r#"
        function sale()
          local res = group("till", function()
            return operation.reserve({ concert = "jazz", seats = 3 })
          end)
          log.info(res.ok, res.outcome, res.balance, res.status, res.error, res.captured.ticket.no)
          local shown = operation.show({ ticket = "first" })
          log.info(shown.ok, shown.balance, next(shown.captured))
          log.info(bank.balance("jazz").balance)
        end
    "#;
    let (ran, requests) = run(FILE, script);
    let ran = ran.whole();
    assert_eq!(
        ran.logs(),
        [
            "true ok 17 201 nil 17",
            "true nil nil",
            "17",
            "true ok 14 201 nil 14",
            "true nil nil",
            "14"
        ]
    );
    assert_eq!(ran.checks(), [("few are taken", true), ("few are taken", false)]);
    let reserved: Vec<_> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Operation(operation) if &*operation.call.name == "reserve" => Some(operation),
            _ => None,
        })
        .collect();
    assert_eq!(reserved.len(), 2);
    let call = &reserved[0].call;
    assert_eq!((call.account().map(AccountId::as_str), call.delta()), (Some("jazz"), -3));
    assert_eq!(reserved[1].balance, Some(14));
    for (name, value) in
        [("group", "::till"), ("scenario", "sale"), ("operation", "reserve"), ("team", "sales")]
    {
        assert_eq!(reserved[0].tags.get(name), Some(value), "{name}");
    }
    let sent: Vec<_> = requests.iter().filter(|line| line.contains("/reserve")).collect();
    assert!(sent[0].contains(r#""of":"sale 0""#) && sent[1].contains(r#""of":"sale 1""#));
    let key = |line: &str| line.split("\"order\":").nth(1).map(str::to_owned);
    assert_ne!(key(sent[0]), key(sent[1]), "{sent:?}");
}

#[test]
fn what_an_iteration_captured_is_seen_by_its_later_calls_alone() {
    let script = r#"
        function sale()
          if exec.scenario.iteration == 0 then
            operation.reserve{ concert = "jazz", seats = 1 }
          end
          operation.show()
        end
    "#;
    let file = FILE.replace("capture: { ticket: $.ticket }", "capture: { ticket: $.ticket.no }");
    let (ran, requests) = run(&file, script);
    assert!(requests.iter().any(|line| line.starts_with("GET /tickets/19")), "{requests:?}");
    assert_eq!(ran.errors().len(), 1);
    assert_eq!(ran.error(), "custom.lua:6: operation.show: needs `ticket`");
}

#[test]
fn refusals_and_mistakes_say_what_they_are() {
    let attempt = |call: &str| {
        let script = format!(
            "function sale() local res = {call} log.info(res.outcome, res.error, next(res.captured)) end"
        );
        let (ran, _) = run(FILE, &script);
        match ran.errors().first() {
            Some(error) => error.to_string(),
            None => ran.logs()[0].to_owned(),
        }
    };
    let cases = [
        ("operation.reserve{ concert = 'jazz', seats = 50 }", "rejected nil nil"),
        ("operation.reserve{ concert = 'jazz' }", "custom.lua:1: operation.reserve: needs `seats`"),
        ("operation.reserve()", "custom.lua:1: operation.reserve: needs `concert` and `seats`"),
        (
            "operation.reserve{ concert = 'jazz', seat = 1 }",
            "custom.lua:1: operation.reserve: needs `seats`, and takes no `seat`",
        ),
        (
            "operation.show{ ticket = 1, row = 2, key = 3 }",
            "custom.lua:1: operation.show: takes no `key` and `row`; it takes `ticket`",
        ),
        (
            "operation.show('4')",
            "custom.lua:1: operation.show: the argument must be a table, not the text \"4\"",
        ),
        (
            "operation.show{ ticket = print }",
            "custom.lua:1: operation.show: `ticket` contains a function, which JSON does not have",
        ),
        (
            "operation.show({ ticket = 1 }, 2)",
            "custom.lua:1: operation.show: takes one table, as in {ticket = ...}",
        ),
        (
            "operation.reserve{ concert = 'jazz', seats = 'two' }",
            "custom.lua:1: operation.reserve: `effect.delta` is a whole number, not `-two`",
        ),
        (
            "operation.resrve{}",
            "custom.lua:1: operation: the scenario file declares no `resrve`; it declares `reserve` and `show`",
        ),
    ];
    for (call, expected) in cases {
        assert_eq!(attempt(call), expected, "{call}");
    }
    let file = FILE.replace("ticket: $.ticket", "ticket: $.stub");
    let (ran, _) = run(&file, "function sale() operation.reserve{concert='jazz', seats=1} end");
    let told =
        "custom.lua:1: operation.reserve: nothing to capture as `ticket`: the answer has no $.stub";
    assert_eq!(ran.error(), told);
}

#[test]
fn setup_may_call_them_and_verify_may_not() {
    let script = r#"
        function setup() return operation.reserve{ concert = "jazz", seats = 2 }.captured end
        function sale(data) log.info(data.ticket.no) end
        function verify() operation.show{ ticket = 1 } end
        function teardown(data) operation.show{ ticket = data.ticket.no } end
    "#;
    let (ran, requests) = run(FILE, script);
    assert_eq!(ran.logs(), ["18", "18"]);
    assert!(requests.iter().any(|line| line.starts_with("GET /tickets/18")), "{requests:?}");
    let wrong = ran.mismatches().join("\n");
    assert!(wrong.contains("operation.show cannot be called in verify()"), "{wrong}");
}

#[test]
fn hooks_may_call_them() {
    let file = FILE.replace("exec: sale", "operations: [{ reserve: { concert: jazz, seats: 1 } }]");
    let script = r#"
        function after_response(req, res, ctx)
          if ctx.operation == "reserve" then operation.show{ ticket = res.status } end
        end
    "#;
    let (ran, requests) = run(&file, script);
    let ran = ran.whole();
    let shown = requests.iter().filter(|line| line.starts_with("GET /tickets/201")).count();
    assert_eq!((shown, ran.iterations()), (2, 2), "{requests:?}");
}

#[tokio::test]
async fn a_script_by_itself_has_none() {
    let text = "local reserve = operation.reserve function default() operation.pay() end";
    let ran = super::drive::once(text).await;
    let told = "custom.lua:1: operation: there is no `reserve`: `operations` of a scenario file beside the script declares them";
    assert_eq!(ran.error(), told);
    let error = load("operation.pay()").expect_err("top level").to_string();
    assert!(error.contains("operation cannot be called in the top level"), "{error}");
}
