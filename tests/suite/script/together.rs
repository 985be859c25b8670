//! What virtual users know of each other.

use std::time::{Duration, Instant};

use bankrun::engine::Stop;
use bankrun::facts::Event;
use bankrun::scenario::Executor;

use super::bank::Bank;
use super::drive::{SEED, execute, load, once, run, scenario, times, workload};

#[tokio::test]
async fn nobody_passes_a_barrier_before_all_have_come() {
    let text = r#"
        function default()
          sleep(random.int(0, 20) / 1000)
          log.info("came")
          barrier("start", 5)
          log.info("went")
          assert(http.get("/meet/5").status == 200)
          barrier("start", 5)
        end
    "#;
    let mut scenario = scenario(vec![workload("main", "default", 5, 5)]);
    scenario.workloads[0].executor =
        Executor::PerVuIterations { vus: 5, iterations: 1, max_duration: Duration::from_secs(60) };
    let ran = run(load(text).expect("a script"), scenario).await.whole();
    assert_eq!(ran.logs(), [["came"; 5], ["went"; 5]].concat());
    assert_eq!(ran.bank.most_together(), 5);
}

#[tokio::test]
async fn barriers_fill_round_by_round() {
    let text = "function default() for _ = 1, 20 do barrier('a', 3) end end";
    assert_eq!(times(text, 3, 3).await.whole().iterations(), 3);
}

#[tokio::test]
async fn a_barrier_that_cannot_fill_is_an_error() {
    let began = Instant::now();
    let ran = once("function default() barrier('a', 2) end").await;
    let expected = "custom.lua:1: barrier: 2 virtual users cannot meet at `a`: 1 came, and 1 are left of the run";
    assert_eq!(ran.error(), expected);
    // Two meet, and the third is left alone.
    let ran = times("function default() barrier('a', 2) end", 3, 3).await;
    assert_eq!((ran.errors().len(), ran.iterations()), (1, 2));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn who_waits_too_long_is_told_how_many_came() {
    let text = r#"
        function default()
          if exec.vu.id > 2 then sleep(1) return end
          local ok, message = pcall(barrier, "a", 3, 0.05)
          log.info(message)
        end
    "#;
    let ran = times(text, 3, 3).await.whole();
    assert!(
        ran.logs().iter().all(|log| log.ends_with("of 3 virtual users came to `a` within 50ms")),
        "{:?}",
        ran.logs()
    );
}

#[tokio::test]
async fn wrong_barriers_are_refused() {
    let text = r#"
        function setup() log.info(select(2, pcall(barrier, "a", 1))) end
        function default()
          barrier("alone", 1)
          for _, arguments in ipairs({ { "a", 0 }, { "a", 1.5 }, { 5, 1 }, { "a", 1, -1 } }) do
            log.info(select(2, pcall(barrier, table.unpack(arguments))))
          end
        end
    "#;
    assert_eq!(
        once(text).await.whole().logs(),
        [
            "barrier: only the virtual users of a scenario meet",
            "barrier: n must be 1 or more",
            "barrier: n must be a whole number, not 1.5",
            "barrier: name must be a text, not 5",
            "barrier: the timeout must be a number of seconds, not -1",
        ]
    );
}

#[tokio::test]
async fn the_end_of_the_time_and_a_halt_release_who_waits() {
    let text = r#"
        function default()
          if exec.vu.id == 1 then sleep(60) else barrier("a", 2, 600) end
        end
    "#;
    let mut scenario = scenario(vec![workload("main", "default", 2, 2)]);
    scenario.workloads[0].executor =
        Executor::ConstantVus { vus: 2, duration: Duration::from_millis(200) };
    scenario.workloads[0].graceful_stop = Duration::from_millis(100);
    let program = load(text).expect("a script").into_program(&scenario, SEED).expect("a program");
    let (bank, url) = Bank::start().await;
    let began = Instant::now();
    let ran = execute(program, scenario, bank, &url, Stop::new()).await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!((ran.errors().len(), ran.iterations()), (0, 0));
}

#[tokio::test]
async fn an_abort_ends_the_run_and_not_what_started_it() {
    let text = r#"
        function default()
          if exec.vu.id == 1 then
            sleep(0.05)
            pcall(exec.test.abort, "no more seats")
            while true do pcall(sleep, 1) end
          end
          sleep(600)
        end
        function verify() log.info("verify") end
        function teardown() log.info("teardown") end
    "#;
    let scenario = scenario(vec![workload("main", "default", 3, 100)]);
    let program = load(text).expect("a script").into_program(&scenario, SEED).expect("a program");
    let (bank, url) = Bank::start().await;
    let stop = Stop::new();
    let ran = execute(program, scenario, bank, &url, stop.clone()).await.whole();
    let reasons: Vec<&str> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Aborted { reason } => Some(&**reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, ["custom.lua:5: no more seats"]);
    assert_eq!(ran.logs(), ["teardown"]);
    assert!(!stop.is_ending(), "the run was aborted, not interrupted");
}

#[tokio::test]
async fn scripts_know_who_and_where_they_are() {
    let text = r#"
        function default()
          log.info(__VU, __ITER, exec.vu.id, exec.vu.iteration, exec.scenario.name)
          log.info(exec.scenario.executor, exec.scenario.progress, exec.instance.vus_active, exec.scenario.none)
        end
    "#;
    assert_eq!(
        times(text, 1, 2).await.whole().logs(),
        [
            "1 0 1 0 main",
            "shared-iterations 0 1 nil",
            "1 1 1 1 main",
            "shared-iterations 0.5 1 nil",
        ]
    );
}
