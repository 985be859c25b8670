use super::support::{explorations, explored};

const DEPOSITS: [&str; 4] = ["--op", "deposit 10 1", "--op", "deposit 20 1"];

fn with(args: &[&'static str]) -> Vec<&'static str> {
    [&DEPOSITS[..], args].concat()
}

#[test]
fn the_shortest_failing_order_shows_what_ran_and_fails_again() {
    let (ended, json) = explored(&with(&["--mode", "naive"]));
    let it = &explorations(&json)[0];
    let ended = ended.code(1);
    let steps = it["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 4);
    assert_eq!(it["failure"]["preemptions"], 1);
    let sql: Vec<&str> = steps.iter().map(|step| step["sql"].as_str().expect("SQL")).collect();
    assert_eq!(sql[0], "SELECT balance FROM accounts WHERE id = 1");
    assert_eq!(steps[0]["rows"][0][0], "1000");
    let last = sql[3];
    assert!(last == "UPDATE accounts SET balance = 1010 WHERE id = 1", "{last}");
    assert_eq!(steps[3]["tag"], "UPDATE 1");
    assert_eq!(steps[3]["changes"][0]["overwrites"], "B");
    for part in ["4 leave a wrong state", "overwrites 1020", "20 is missing", "--replay A,B,B,A"] {
        assert!(ended.stderr.contains(part), "no {part:?} in:\n{}", ended.stderr);
    }

    let replay = with(&["--mode", "naive", "--replay", "A,B,B,A"]);
    let (first, one) = explored(&replay);
    let (_, other) = explored(&replay);
    first.code(1);
    let [one, other] = [&one, &other].map(|json| explorations(json)[0].clone());
    assert_eq!(one["orders"], 1);
    for field in ["schedule", "steps", "failure"] {
        assert_eq!(one[field], other[field], "{field}");
    }
    assert_eq!(one["steps"], it["steps"]);
}

#[test]
fn an_order_that_failed_is_a_test_of_what_was_mended() {
    let (ended, json) =
        explored(&with(&["--mode", "robust", "--replay", "A,B,B,A", "--expect", "pass"]));
    ended.code(0);
    assert_eq!(explorations(&json)[0]["coverage"]["kind"], "replay");
    let (ended, _) =
        explored(&with(&["--mode", "naive", "--replay", "A,B,B,A", "--expect", "fail"]));
    ended.code(0);
    let (ended, _) = explored(&with(&["--mode", "robust", "--expect", "fail"]));
    ended.code(1);
}

#[test]
fn less_can_be_asked_for() {
    let (ended, json) = explored(&with(&["--mode", "naive", "--preemptions", "0"]));
    let it = &explorations(&json)[0];
    // One after the other loses nothing.
    ended.code(0);
    assert_eq!((&it["orders"], &it["complete"]), (&2.into(), &false.into()));
    let (ended, json) = explored(&with(&["--mode", "naive", "--first"]));
    ended.code(1);
    let it = &explorations(&json)[0];
    assert_eq!((&it["failing"], &it["coverage"]["kind"]), (&1.into(), &"first".into()));
    let (_, json) = explored(&with(&["--mode", "robust", "--sample", "5", "--seed", "3"]));
    assert_eq!(explorations(&json)[0]["orders"], 5);
}
