use std::time::Duration;

use bankrun::facts::{Check, Event};
use bankrun::script::Limits;
use serde_json::json;

use super::drive::{Ran, load, load_within, once, times};

fn counting(ran: &Ran) -> Vec<&Check> {
    let checks = ran.events.iter().filter_map(|event| match event {
        Event::Check(check) if check.counts => Some(check),
        _ => None,
    });
    checks.collect()
}

#[tokio::test]
async fn verify_sees_what_the_run_came_to() {
    let text = r#"
        function setup() return { limit = 5 } end
        function default()
          bank.deposit(1, 10)
          bank.withdraw(2, 5000)
          check(1, { yes = true, no = false })
        end
        function verify(run, data)
          log.info(run.initial["1"], run.balances["1"], run.total, run.iterations, run.seed, data.limit)
          log.info(json.encode(run.operations), json.encode(run.checks), run.elapsed >= 0)
          log.info(http.get("/balance/1"):json("balance"), exec.vu.id)
          log.info(select(2, pcall(bank.balance, 1)))
          expect(run.balances["1"], "==", 1020, "paid in")
          expect(run.total, "==", 0, "nothing left")
          check(run, { ["all is well"] = function() return true end })
        end
    "#;
    let ran = times(text, 1, 2).await.whole();
    assert_eq!(
        ran.logs(),
        [
            "1000 1020 3020 2 7 5",
            r#"{"failed":0,"ok":2,"rejected":2,"unknown":0} {"fails":2,"passes":2} true"#,
            "1020 0",
            "bank.balance cannot be called in verify(), where the balances were read already: they are in run.balances, and http.* asks the service itself",
        ]
    );
    let counting: Vec<_> =
        counting(&ran).iter().map(|check| (&*check.name, check.passed)).collect();
    assert_eq!(counting, [("paid in", true), ("nothing left", false), ("all is well", true)]);
    let last = ran.events.last().expect("events");
    assert!(matches!(last, Event::Ended { .. }), "what verify says belongs to the run");
}

#[tokio::test]
async fn an_error_in_verify_counts() {
    let ran = once("function default() end\nfunction verify(run) error('the books are gone') end");
    let ran = ran.await.whole();
    let checks = counting(&ran);
    assert_eq!(checks.len(), 1);
    let mismatch = checks[0].mismatch.as_ref().expect("the error");
    assert_eq!(mismatch.actual, "custom.lua:2: the books are gone");
}

#[test]
fn handle_summary_returns_files() {
    let handle = |text: &str| {
        load(text).expect("a script").handle_summary(&json!({ "total": { "iterations": 3 } }))
    };
    assert_eq!(handle("function default() end"), None);
    let handled = handle(
        r#"
        print("top level")
        function handle_summary(s)
          print("writing")
          return { stdout = "n = " .. s.total.iterations, ["a.json"] = json.encode(s) }
        end
        "#,
    );
    let handled = handled.expect("wanted").expect("no error");
    assert_eq!(handled.outputs["stdout"], "n = 3");
    assert_eq!(handled.outputs["a.json"], r#"{"total":{"iterations":3}}"#);
    assert_eq!(handled.said, ["writing"]);
    assert!(
        handle("function handle_summary() end").expect("wanted").expect("fine").outputs.is_empty()
    );
    for (body, error) in [
        ("return 5", "custom.lua: handle_summary returns a table from file name to text"),
        ("return { a = {} }", "custom.lua: what handle_summary returns for `a` is not a text"),
        ("return { a = print }", "custom.lua: what handle_summary returned contains a function"),
        ("error('no')", "custom.lua:1: no"),
        ("http.get('/')", "custom.lua:1: http.get cannot be called"),
        ("while true do pcall(error) end", "custom.lua:1: the script computed for 200ms"),
    ] {
        let text = format!("function handle_summary() {body} end");
        let limits = Limits { computing: Duration::from_millis(200), ..Limits::default() };
        let script = load_within(&text, limits).expect("a script");
        let found = script.handle_summary(&json!({})).expect("wanted").expect_err(body);
        assert!(found.starts_with(error), "{body}: {found}");
    }
}
