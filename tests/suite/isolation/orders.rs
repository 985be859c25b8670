use bankrun::explore::Conclusion;
use bankrun::isolation::{Failure, Judgement, StepResult};

use super::support::{explored, fixture};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_update_gives_answers_that_no_serial_order_gives() {
    let found = explored(&fixture("lost-update.spec"), None).await;
    assert_eq!((found.orders, found.ran, found.failing), (6, 6, 4));
    assert_eq!(found.conclusion(), Conclusion::Fail);
    let (run, judgement) = found.shortest.expect("a failing order");
    assert_eq!(run.switches(), 2);
    let Judgement::NotSerializable(Failure::Answers { steps, together }) = judgement else {
        panic!("{judgement:?}");
    };
    // The one that wrote last must have read what the other one wrote.
    assert_eq!((steps.len(), together), (1, false), "{steps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_locked_leaves_serial_orders_alone() {
    let found = explored(&fixture("locked.spec"), None).await;
    assert_eq!((found.orders, found.failing, found.refused), (20, 0, 0));
    assert_eq!(found.conclusion(), Conclusion::Pass);
    // r1 w1 c1 before r2, r1 before r2 and then to its end, and both the other way.
    assert_eq!(u128::from(found.ran) + found.impossible, 20);
    assert!(found.impossible > 0 && found.lock_waits > 0, "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_refuses_one_session_and_spoils_nothing() {
    let found = explored(&fixture("deadlock.yaml"), None).await;
    assert_eq!((found.orders, found.failing), (20, 0), "{found:?}");
    assert!(found.refused > 0 && found.complete, "{found:?}");
    assert_eq!(found.conclusion(), Conclusion::Pass, "{:?}", found.not_judged);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_varies_by_itself_is_named_and_not_compared() {
    let found = explored(&fixture("varying.spec"), None).await;
    assert_eq!((found.orders, found.failing), (30, 0), "{found:?}");
    assert_eq!(found.conclusion(), Conclusion::Pass, "{found:?}");
    assert!(found.ignored.contains(&"log.at".to_owned()), "{:?}", found.ignored);
    assert!(found.ignored.contains(&"log.id".to_owned()), "{:?}", found.ignored);
}

#[tokio::test(flavor = "multi_thread")]
async fn listed_orders_are_run_and_no_others() {
    let text = std::fs::read_to_string("examples/isolation/lost-update.spec");
    let text = text.expect("a fixture") + "permutation r1 r2 w1 w2\npermutation r2 w2 r1 w1\n";
    let spec = bankrun::isolation::parse(&text).expect("a specification");
    let found = explored(&spec, None).await;
    assert_eq!((found.orders, found.ran, found.failing), (2, 2, 1));
    let (run, _) = found.shortest.expect("a failing order");
    let names: Vec<&str> = run.steps.iter().map(|step| spec.step(step.id).name.as_str()).collect();
    assert_eq!(names, ["r1", "r2", "w1", "w2"]);
    assert!(run.steps.iter().all(|step| matches!(step.result, StepResult::Ok(_))));
}

/// The server says what went wrong before it has cleaned up: meanwhile the session is
/// neither in a transaction that failed nor in none.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_takes_long_to_clean_up_is_still_one() {
    let spec = bankrun::isolation::parse(
        r#"
setup { CREATE TABLE accounts AS SELECT 1 AS id, 100 AS balance; }
teardown { DROP TABLE accounts; }
session a
setup { BEGIN; }
step many {
  DO $$ BEGIN
    FOR number IN 1..300 LOOP EXECUTE format('CREATE TEMP TABLE t%s (id serial)', number); END LOOP;
  END $$;
}
step refused { DO $$ BEGIN RAISE 'too bad' USING ERRCODE = '40001'; END $$; }
step commit { COMMIT; }
session b
step read { SELECT balance FROM accounts; }
"#,
    );
    let found = explored(&spec.expect("a specification"), None).await;
    assert_eq!((found.orders, found.refused), (4, 4), "{found:?}");
    assert_eq!(found.conclusion(), Conclusion::Pass, "{:?}", found.not_judged);
}
