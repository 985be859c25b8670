use std::sync::Arc;
use std::time::Duration;

use bankrun::engine::{Planned, Program, Service, Stop};
use bankrun::model::AmountRange;
use bankrun::scenario::{Action, Body, Executor, Operation, Scenario, Selection};
use bankrun::script::Limits;

use super::bank::Bank;
use super::drive::{Ran, SEED, execute, load, load_within, scenario, workload};

fn deposits(vus: u32, count: u64) -> Scenario {
    let mut workload = workload("pay", "", vus, count);
    let action = Action::Deposit { account: 1.into(), amount: AmountRange::fixed(10) };
    let operations = vec![Operation { action, think: None, tags: Vec::new() }];
    workload.body = Body::Operations { operations, selection: Selection::InOrder };
    scenario(vec![workload])
}

async fn hooked(text: &str, limits: Limits, scenario: Scenario) -> Ran {
    let (bank, url) = Bank::start().await;
    let service = Service::new(url.parse().expect("a target"));
    let planned = Planned::new(&scenario, SEED, &service);
    let script = load_within(text, limits).expect("a script");
    let program: Arc<dyn Program> = script.hook(planned, &scenario, SEED).expect("hooks");
    execute(program, scenario, bank, &url, Stop::new()).await
}

#[tokio::test]
async fn hooks_see_request_and_response() {
    let text = r#"
        function before_request(req, ctx)
          log.info("before", req.method, req.path, req.operation, req.body)
          log.info(ctx.vu, ctx.iteration, ctx.scenario, ctx.operation, ctx.account, ctx.amount)
        end
        function after_response(req, res, ctx)
          log.info("after", req.path, res.status, res.outcome, res:json("newBalance"), __ITER)
        end
    "#;
    let ran = hooked(text, Limits::default(), deposits(1, 2)).await.whole();
    assert_eq!(
        ran.logs(),
        [
            r#"before POST /deposit deposit {"userId":1,"amount":10}"#,
            "1 0 pay deposit 1 10",
            "after /deposit 200 ok 1010 0",
            r#"before POST /deposit deposit {"userId":1,"amount":10}"#,
            "1 1 pay deposit 1 10",
            "after /deposit 200 ok 1020 1",
        ]
    );
}

#[tokio::test]
async fn a_request_can_be_changed_in_place_or_returned() {
    let in_place =
        "req.path = '/health' req.method = 'GET' req.body = nil req.headers['X-A'] = '1'";
    let returned = "return { method = 'GET', path = '/health' }";
    for change in [in_place, returned] {
        let text = format!("function before_request(req) {change} end");
        let ran = hooked(&text, Limits::default(), deposits(1, 1)).await.whole();
        assert!(ran.bank.seen().contains(&"GET /health".to_owned()), "{change}");
        assert_eq!(ran.bank.balance("1"), 1000, "{change}");
    }
}

#[tokio::test]
async fn hooks_may_send_requests_of_their_own() {
    let text = r#"
        function before_request() assert(http.get("/health").status == 200) end
        function after_response() assert(bank.balance(2).balance == 1000) end
    "#;
    let run = hooked(text, Limits::default(), deposits(4, 40));
    let ran =
        tokio::time::timeout(Duration::from_secs(20), run).await.expect("no deadlock").whole();
    assert_eq!((ran.operations(), ran.bank.balance("1")), (80, 1400));
}

#[tokio::test]
async fn setup_and_teardown_run_beside_a_file() {
    let text = "function setup() log.info('up') end function teardown() log.info('down') end";
    let ran = hooked(text, Limits::default(), deposits(2, 4)).await.whole();
    assert_eq!(ran.logs(), ["up", "down"]);
    assert_eq!(ran.bank.balance("1"), 1040);
}

#[tokio::test]
async fn errors_end_the_iteration_and_nothing_is_sent() {
    let limits = Limits { computing: Duration::from_millis(100), ..Limits::default() };
    let cases = [
        ("error('no')", "custom.lua:1: no"),
        ("return 5", "custom.lua: before_request returns the request or nothing, not a integer"),
        ("req.method = nil", "custom.lua: before_request: `method` is a text, not a nil"),
        ("req.path = 'a b'", "POST a b is not a valid request: invalid uri character"),
        ("while true do pcall(error) end", "custom.lua:1: the script computed for 100ms"),
    ];
    for (body, error) in cases {
        let text = format!("function before_request(req) {body} end");
        let ran = hooked(&text, limits, deposits(1, 2)).await;
        assert_eq!(ran.errors().len(), 2, "{body}");
        assert!(ran.error().starts_with(error), "{body}: {}", ran.error());
        assert_eq!((ran.operations(), ran.bank.balance("1")), (0, 1000), "{body}");
    }
}

#[tokio::test]
async fn what_was_sent_is_in_the_history_whatever_the_hook_does() {
    let ran =
        hooked("function after_response() error('late') end", Limits::default(), deposits(1, 3));
    let ran = ran.await;
    assert_eq!((ran.errors().len(), ran.operations(), ran.bank.balance("1")), (3, 3, 1030));
}

#[test]
fn a_script_without_hooks_is_an_error() {
    let scenario = deposits(1, 1);
    let service = Service::new("http://localhost:1".parse().expect("a target"));
    let planned = Planned::new(&scenario, SEED, &service);
    let script = load("function default() end").expect("a script");
    let error = script.hook(planned, &scenario, SEED).err().expect("an error").to_string();
    assert_eq!(
        error,
        "custom.lua: a script beside a scenario file defines before_request, after_response, verify, handle_summary, setup or teardown; there is `default`"
    );
    let script = load("function default() end").expect("a script");
    let error = script.into_program(&scenario, SEED).err().expect("an error").to_string();
    assert!(error.contains("the scenario `pay` lists operations"), "{error}");
    assert!(matches!(scenario.workloads[0].executor, Executor::SharedIterations { .. }));
}
