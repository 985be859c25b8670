//! Scripts as people write them who know k6, from the file to the exit code.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Bankrun, Ended};

const BRIEF: &str = r#"options = { accounts = { ["1"] = 1000 }, vus = 2, iterations = 4, seed = 1 }
"#;

fn folder(script: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("s.lua"), script).expect("a script");
    folder
}

fn run_in(folder: &Path, more: &[&str]) -> Ended {
    let is_said = more.iter().any(|arg| ["--mode", "--target"].contains(arg));
    let mode: &[&str] = if is_said { &[] } else { &["--mode", "robust"] };
    Bankrun::new(&[&["--lua", "s.lua"], mode, more].concat()).folder(folder).run()
}

fn run(script: &str, more: &[&str]) -> Ended {
    run_in(folder(script).path(), more)
}

/// [`run`], with the summary of the run.
fn summed_up(script: &str, more: &[&str]) -> (Ended, Value) {
    let folder = folder(script);
    let all = [more, &["--summary-export", "summary.json"]].concat();
    let ended = run_in(folder.path(), &all);
    let summary = fs::read_to_string(folder.path().join("summary.json")).expect("a summary");
    let mut summary: Value = serde_json::from_str(&summary).expect("JSON");
    (ended, summary["runs"][0].take())
}

#[track_caller]
fn has(ended: &Ended, told: &str) {
    assert!(ended.stdout.contains(told), "no `{told}` in\n{}\n{}", ended.stdout, ended.stderr);
}

#[test]
fn verify_fails_the_run_and_says_what_it_saw() {
    let script = format!(
        "{BRIEF}function default() bank.deposit(1, 5) end
         function verify(run) expect(run.balances['1'], '==', 1, 'the books') end"
    );
    let ended = run(&script, &[]).code(1);
    has(&ended, "✗ the books: 0 of 1 held\n      1x expected 1, got 1020");
    has(&ended, "FAIL 1 check failed; 1 balance as expected");
    has(&ended, "wrong: check `the books` failed 1 of 1 times: expected 1, got 1020");

    let script = format!(
        "{BRIEF}function default() bank.deposit(1, 5) end
         function verify(run) return run.nothing.there end"
    );
    let ended = run(&script, &[]).code(1);
    has(&ended, "expected verify(run) ends without an error, got s.lua:3: attempt to index a nil");
}

#[test]
fn a_failed_check_is_shown_and_leaves_the_exit_code_alone() {
    let script = format!(
        "{BRIEF}function default()
           local res = bank.deposit(1, 5)
           expect(res.balance, '<', 1, 'little is there')
           check(res, {{ ['is refused'] = function(r) return r.outcome == 'rejected' end }})
           check(res, {{ ['is odd'] = function(r) return r.no.such.field end }})
         end"
    );
    let (ended, summary) = summed_up(&script, &[]);
    let ended = ended.code(0);
    has(&ended, "✗ little is there: 0 of 4 held\n      1x expected < 1, got 1005");
    has(&ended, "✗ is refused: 0 of 4 held\n      1x expected is refused, got ");
    has(&ended, "✗ is odd: 0 of 4 held\n      4x expected is odd, got s.lua:6: attempt to index");
    assert_eq!(summary["checks"]["is odd"]["fails"], 4, "{}", summary["checks"]);
}

#[test]
fn an_abort_is_inconclusive_unless_money_is_missing() {
    let script = format!(
        "{BRIEF}function setup() exec.test.abort('no service for us') end
         function default() bank.deposit(1, 5) end
         function teardown() log.info('torn down') end
         function verify() log.info('verified') end"
    );
    let ended = run(&script, &[]).code(3);
    has(&ended, "the run was aborted: s.lua:2: no service for us");
    assert!(ended.stderr.contains("torn down") && !ended.stderr.contains("verified"));

    let script = format!(
        "{BRIEF}function default()
           bank.deposit(1, 5)
           if exec.scenario.iteration == 2 then exec.test.abort('enough') end
         end"
    );
    has(&run(&script, &[]).code(3), "unknown: the run was aborted: s.lua:4: enough");

    // Both read the same balance, and one of them overwrites the other.
    let script = "options = {
           accounts = { ['1'] = 1000 },
           scenarios = { race = { executor = 'per-vu-iterations', vus = 2, iterations = 9 } },
         }
         function default()
           barrier('start', 2)
           bank.deposit(1, 5)
           barrier('done', 2)
           exec.test.abort('enough')
         end";
    let ended = run(script, &["--mode", "naive", "--race-window", "300ms"]).code(1);
    has(&ended, "of acknowledged money is gone");
    has(&ended, "note: the run was aborted: s.lua:9: enough");
}

#[test]
fn a_barrier_makes_requests_overlap() {
    let script = "options = {
           accounts = { ['1'] = 1000 },
           scenarios = { race = { executor = 'per-vu-iterations', vus = 3, iterations = 2 } },
         }
         function default()
           barrier('start', 3)
           bank.deposit(1, 5)
         end";
    let ended = run(script, &["--mode", "naive", "--race-window", "300ms"]).code(1);
    has(&ended, "6 of 6 updates overlapped on their account");
    has(&ended, "lost update on account 1");
    run(script, &["--race-window", "20ms"]).code(0);
}

#[test]
fn metrics_of_a_script_have_thresholds_by_tag() {
    let script = r#"
        options = {
          accounts = { ["1"] = 1000 }, vus = 2, iterations = 4,
          thresholds = {
            paid = { "count==20", "rate>0" },
            ["paid{by:card}"] = "count==20",
            ["paid{by:cheque}"] = "count==0",
            ["waiting{by:card}"] = { "p(95)<0", "max==1.5" },
            never_used = "rate<0.1",
            checks = { { threshold = "rate>0.99", abort_on_fail = true, delay_abort_eval = "1m" } },
          },
        }
        local paid, waiting = metrics.counter("paid"), metrics.trend("waiting")
        metrics.rate("never_used")
        function default()
          check(bank.deposit(1, 5), { ["is done"] = function(res) return res.ok end })
          paid:add(5, { by = "card" })
          waiting:add(1.5, { by = "card" })
        end"#;
    let (ended, summary) = summed_up(script, &[]);
    let ended = ended.code(1);
    has(&ended, "FAIL 6 of 8 thresholds met");
    has(&ended, "wrong: rate<0.1 of never_used cannot hold: no data");
    has(&ended, "wrong: p(95)<0 of waiting{by:card} does not hold: p(95)=1.50");
    assert_eq!(summary["metrics"]["paid"]["values"]["count"], 20.0);
}

#[test]
fn a_threshold_of_a_script_may_end_the_run() {
    let script = r#"
        options = {
          accounts = { ["1"] = 1000 }, vus = 2, duration = "10m",
          thresholds = { served = { { threshold = "rate>0.9", abortOnFail = true } } },
        }
        local served = metrics.rate("served")
        function default()
          bank.deposit(1, 5)
          served:add(false)
          sleep(0.01)
        end
        function verify() log.info("verified") end"#;
    let ended = run(script, &[]).code(1);
    has(&ended, "ended the run after");
    has(&ended, "FAIL 0 of 1 threshold met; 1 balance as expected");
    assert!(!ended.stderr.contains("verified"), "{}", ended.stderr);
}

#[test]
fn scenarios_run_their_functions_under_their_executors() {
    let script = r#"
        options = {
          accounts = { ["1"] = 1000, ["2"] = 1000 },
          scenarios = {
            shared = { executor = "shared-iterations", vus = 2, iterations = 6, exec = "pay" },
            each = { executor = "per-vu-iterations", vus = 2, iterations = 3, exec = "pay", start_time = "50ms" },
            steady = { executor = "constant-vus", vus = 1, duration = "200ms", exec = "look" },
            ramp = { executor = "ramping-vus", stages = { { duration = "200ms", target = 2 } }, exec = "look" },
            rate = {
              executor = "constant-arrival-rate", rate = 20, duration = "200ms",
              pre_allocated_vus = 2, max_vus = 20, exec = "pay", tags = { kind = "open" },
            },
            rising = {
              executor = "ramping-arrival-rate", pre_allocated_vus = 2, max_vus = 20,
              stages = { { duration = "200ms", target = 20 } }, exec = "pay",
            },
          },
          thresholds = {
            ["iterations{scenario:shared}"] = "count==6",
            ["iterations{scenario:each}"] = "count==6",
            ["seen{executor:ramping-vus}"] = "count>0",
            ["seen{executor:constant-vus}"] = "count>0",
            ["operations{kind:open}"] = "count>0",
            ["operations{scenario:rising}"] = "count>0",
          },
        }
        local seen = metrics.counter("seen")
        function setup() return { account = 2 } end
        function pay(data) bank.transfer(1, data.account, 1) end
        function look(data)
          seen:add(1, { executor = exec.scenario.executor })
          http.get("/balance/" .. data.account, { name = "balance" })
          sleep(0.02)
        end
        function verify(run) expect(run.total, "==", 2000) end"#;
    let ended = run(script, &[]).code(0);
    has(&ended, "PASS 6 of 6 thresholds met; 2 balances as expected");
}

#[test]
fn options_say_how_requests_travel_and_stages_how_many_there_are() {
    let service = crate::support::Service::start(|_, path, _| match path {
        "/headers" => crate::support::Reply::Json(200, "{}".into()),
        _ => crate::support::Reply::Text(404, "nothing"),
    });
    let script = r#"
        options = {
          stages = { { duration = "100ms", target = 3 }, { duration = "100ms", target = 0 } },
          http = { headers = { ["X-Tenant"] = "blue" }, redirects = 0, user_agent = "script" },
          thresholds = { vus_max = "value<=3", checks = "rate==1" },
        }
        function default()
          expect(http.get("/headers").status, "==", 200)
          expect(exec.scenario.executor, "==", "ramping-vus")
          sleep(0.02)
        end"#;
    let ended = run(script, &["--target", &service.url, "--http-debug"]).code(0);
    let heads = ended.stderr.to_lowercase();
    assert!(heads.contains("x-tenant: blue") && heads.contains("user-agent: script"), "{heads}");
    has(&ended, "PASS 2 of 2 thresholds met");
}

#[test]
fn rows_of_a_file_and_what_the_command_line_gives() {
    let script = r#"
        options = { accounts = { ["1"] = 1000, ["2"] = 1000 }, vus = 1, iterations = 1 }
        local users = data.csv("users.csv")
        function default()
          local user = users[exec.scenario.iteration % #users + 1]
          bank.deposit(user.id, tonumber(env.AMOUNT))
        end
        function verify(run) log.info("in", run.iterations, "iterations", run.total) end"#;
    let folder = folder(script);
    fs::write(folder.path().join("users.csv"), "id,name\n1,ada\n2,\"bob, jr\"\n").expect("rows");
    let ended = run_in(folder.path(), &["-e", "AMOUNT=5", "--iterations", "6", "--vus", "3"]);
    let ended = ended.code(0);
    assert!(ended.stderr.contains("in 6 iterations 2030"), "{}", ended.stderr);
    has(&ended, "PASS 2 balances as expected");
    let ended = run_in(folder.path(), &["-e", "AMOUNT=5", "--duration", "100ms"]).code(0);
    assert!(ended.stderr.contains("note: default: 1 VU for 100ms"), "{}", ended.stderr);
}

#[test]
fn who_moves_money_by_http_is_told_what_is_judged() {
    let script = format!(
        "{BRIEF}function default() http.post('/deposit', {{ userId = 1, amount = 5 }}) end"
    );
    let ended = run(&script, &[]).code(3);
    has(&ended, "unknown: account 1 went from 1000 to 1020, and no operation");
    has(&ended, "a script changes it by `bank.*`");
    assert!(!ended.stdout.contains("SERIALIZABLE"), "{}", ended.stdout);
}
