use super::drive::{load, once, run, scenario, times, workload};

#[tokio::test]
async fn what_setup_returns_goes_to_everyone_by_value() {
    let text = r#"
        function setup() return { big = math.maxinteger, list = { 1, 2 } } end
        function default(data)
          assert(data.big == math.maxinteger and #data.list == 2)
          data.list[3] = nil
          data.seen = (data.seen or 0) + 1
          assert(data.seen == exec.vu.iteration + 1)
        end
        function teardown(data) log.info(data.big, data.seen) end
    "#;
    let ran = times(text, 5, 50).await.whole();
    assert_eq!(ran.logs(), ["9223372036854775807 nil"]);
}

#[tokio::test]
async fn virtual_users_share_nothing_and_know_who_they_are() {
    let text = r#"
        count = 0
        log.info("top level")
        function default()
          count = count + 1
          assert(count == exec.vu.iteration + 1)
          log.info(exec.vu.id, exec.scenario.name, exec.scenario.iteration)
          sleep(0.01)
        end
        function setup() log.info("setup", exec.vu.id) end
    "#;
    let script = load(text).expect("a script");
    let workloads = vec![workload("a", "default", 2, 4), workload("b", "default", 1, 1)];
    let ran = run(script, scenario(workloads)).await.whole();
    let mut logs = ran.logs();
    assert_eq!(logs[..2], ["top level", "setup 0"]);
    logs.sort_unstable();
    assert_eq!(logs.iter().filter(|log| log.starts_with("3 b 0")).count(), 1);
    let mut iterations: Vec<&str> =
        logs.iter().filter_map(|log| log.split_once(" a ").map(|(_, number)| number)).collect();
    iterations.sort_unstable();
    assert_eq!(iterations, ["0", "1", "2", "3"]);
}

#[test]
fn options_reach_the_reader_as_they_are() {
    let text = r#"
        options = {
          stages = { { duration = "1s", target = 5 }, { duration = "2s", target = 0 } },
          thresholds = { ["http_req_duration{operation:deposit}"] = { "p(95)<200", { threshold = "p(99)<5", abort_on_fail = true } } },
          accounts = { [1] = 1000, [7] = 9007199254740993 },
          http = { headers = {}, insecure = false },
          half = 0.5, whole = 10 / 2,
        }
    "#;
    let expected = serde_json::json!({
        "stages": [{ "duration": "1s", "target": 5 }, { "duration": "2s", "target": 0 }],
        "thresholds": {
            "http_req_duration{operation:deposit}":
                ["p(95)<200", { "threshold": "p(99)<5", "abort_on_fail": true }],
        },
        "accounts": { "1": 1000, "7": 9_007_199_254_740_993_i64 },
        "http": { "headers": {}, "insecure": false },
        "half": 0.5,
        "whole": 5,
    });
    assert_eq!(load(text).expect("a script").options(), &expected);
}

#[tokio::test]
async fn the_same_seed_draws_the_same_numbers() {
    let text = r#"
        local common = random.int(1, 1 << 40)
        function default() log.info(exec.vu.id, common, random.int(1, 1 << 40), math.random()) end
    "#;
    let draw = async || {
        let ran = times(text, 1, 3).await.whole();
        ran.logs().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let first = draw().await;
    assert_eq!(first, draw().await);
    assert_ne!(first[0], first[1]);

    let script = load(text).expect("a script");
    let workloads = vec![workload("a", "default", 1, 1), workload("b", "default", 1, 1)];
    let ran = run(script, scenario(workloads)).await.whole();
    let drawn: Vec<Vec<&str>> = ran.logs().iter().map(|log| log.split(' ').collect()).collect();
    assert_eq!(drawn[0][1], drawn[1][1], "the top level draws the same everywhere");
    assert_ne!(drawn[0][2], drawn[1][2], "virtual users draw their own");
}

#[tokio::test]
async fn the_state_starts_afresh_after_it_was_ended() {
    let text = r#"
        count = 0
        function default()
          count = count + 1
          log.info(count)
          if exec.scenario.iteration == 1 then error("x") end
        end
    "#;
    let ran = times(text, 1, 3).await;
    assert_eq!(ran.logs(), ["1", "2", "3"], "an error leaves the state alone");

    let text = r#"
        count = 0
        function default()
          count = count + 1
          log.info(count, __ITER)
          if __ITER == 1 then local t = {} while true do t[#t + 1] = {} end end
        end
    "#;
    let ran = times(text, 1, 3).await;
    assert_eq!(ran.logs(), ["1 0", "2 1", "1 2"], "what fills the memory goes with the state");
    assert_eq!(once("function default() end").await.whole().iterations(), 1);
}
