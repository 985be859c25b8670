//! Sections that no built-in scenario shows, as they look in 80 columns.

use std::sync::Arc;
use std::time::Duration;

use super::{Watched, claims, custom, database, thresholds, watched, watched_line};
use crate::facts::{
    Blocked, Check, ConnectionGroup, DatabaseCounters, DatabaseLook, Event, Facts, Holder,
    Invariant, Mismatch, Sample, Tags,
};
use crate::model::{Aggregation, MetricKind, Selector};
use crate::scenario::{Condition, Expect, Operator, Threshold};
use crate::verdict::{JudgeOptions, judge};

const WIDTH: usize = 80;

/// Without colours; nothing may be wider than the terminal.
fn plain(text: &str) -> String {
    let text = anstream::adapter::strip_str(text).to_string();
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(WIDTH), "{text}");
    text
}

fn check(name: &str, passed: bool, actual: Option<&str>) -> Event {
    let mismatch = actual.map(|actual| {
        Arc::new(Mismatch { expected: "0 or more".to_owned(), actual: actual.to_owned() })
    });
    let (name, tags) = (name.into(), Tags::default());
    Event::Check(Check { workload: 0, name, passed, tags, counts: false, mismatch })
}

fn sample(metric: &str, kind: MetricKind, value: f64) -> Event {
    let (metric, tags) = (metric.into(), Tags::default());
    Event::Sample(Sample { workload: 0, metric, kind, value, tags })
}

fn look(name: &str, millis: u64, held: bool, seen: &str) -> Event {
    let time = Duration::from_millis(millis);
    Event::Invariant(Invariant { name: name.into(), time, held, seen: seen.into() })
}

fn after(events: impl IntoIterator<Item = Event>) -> Facts {
    let mut facts = Facts { elapsed: Duration::from_secs(2), ..Facts::new(1) };
    for event in events {
        facts.apply(&event);
    }
    facts
}

#[test]
fn checks_show_what_they_failed_with() {
    let long = "a name that goes on and on until it does not fit into the line of a terminal";
    let facts = after([
        check("status is 200", true, None),
        check("status is 200", true, None),
        check("left is not negative", true, None),
        check("left is not negative", false, Some("-3")),
        check("left is not negative", false, Some("-3")),
        check("left is not negative", false, Some(&"-5\u{1b}[31m\n".repeat(20))),
        check(long, false, None),
    ]);
    insta::assert_snapshot!(plain(&claims::checks(&facts, WIDTH)));
    assert_eq!(claims::checks(&after([]), WIDTH), "");
}

#[test]
fn invariants_show_when_they_did_not_hold() {
    let mut facts = after([
        look("total", 1000, true, "total 3000"),
        look("total", 1204, false, "total 2990"),
        look("total", 1300, false, "total 2980"),
        look("no seat is sold twice", 1000, true, "40 seats, 40 sold"),
    ]);
    facts.await_invariant("never seen");
    insta::assert_snapshot!(plain(&claims::invariants(&facts, WIDTH)));
    assert_eq!(claims::invariants(&after([]), WIDTH), "");
}

#[test]
fn custom_metrics_of_every_kind() {
    let mut events = vec![
        sample("payments", MetricKind::Counter, 120.0),
        sample("queue", MetricKind::Gauge, 7.0),
        sample("queue", MetricKind::Gauge, 3.0),
        sample("cache_hits_of_the_second_level", MetricKind::Rate, 1.0),
        sample("cache_hits_of_the_second_level", MetricKind::Rate, 0.0),
        sample("payments", MetricKind::Gauge, 1.0),
    ];
    for value in [-2.5, 0.125, 1e6, 12.0] {
        events.push(sample("weight", MetricKind::Trend, value));
    }
    let facts = after(events);
    let text = custom::section(&facts.metrics.custom, facts.elapsed, WIDTH);
    insta::assert_snapshot!(plain(&text));
    assert_eq!(custom::section(&after([]).metrics.custom, Duration::ZERO, WIDTH), "");
}

#[test]
fn thresholds_show_what_came_out() {
    let facts =
        after([sample("payments", MetricKind::Counter, 120.0), check("status is 200", true, None)]);
    let condition =
        |aggregation, operator, bound| Condition { aggregation, operator, bound, abort: None };
    let of = |selector, conditions| Threshold { selector, conditions };
    let long = Selector::of("http_req_duration")
        .tagged("url", "http://localhost:3000/a/path/that/is/longer/than/the/line/of/a/terminal");
    let thresholds = [
        of(
            Selector::of("payments"),
            vec![
                condition(Aggregation::Count, Operator::AtLeast, 100.0),
                condition(Aggregation::Rate, Operator::Greater, 1000.0),
                condition(Aggregation::Percentile(99.9), Operator::Less, 5.0),
            ],
        ),
        of(Selector::of("checks"), vec![condition(Aggregation::Rate, Operator::Equal, 1.0)]),
        of(long, vec![condition(Aggregation::Percentile(95.0), Operator::Less, 200.0)]),
    ];
    let verdict = judge(&Expect::default(), &thresholds, &facts, JudgeOptions::default());
    insta::assert_snapshot!(plain(&thresholds::section(&verdict.thresholds, WIDTH)));
    assert_eq!(thresholds::section(&[], WIDTH), "");
}

fn waits(pid: i32, by: &[i32], behind: Option<i32>, millis: u64) -> Blocked {
    let waited = Duration::from_millis(millis);
    Blocked {
        pid,
        by: by.to_vec(),
        ahead: by.len() as u32,
        behind,
        waits_for: if by.len() == 1 { "transactionid" } else { "tuple" }.into(),
        waited,
        statement: waited * 3,
        query: "SELECT balance FROM accounts WHERE id = $1 FOR UPDATE".into(),
    }
}

/// A queue of seven, somebody in another queue, and two in a circle.
fn busy() -> DatabaseLook {
    let mut blocked: Vec<Blocked> =
        (71..=77).map(|pid| waits(pid, &(70..pid).collect::<Vec<_>>(), Some(70), 12)).collect();
    blocked.push(waits(81, &[80], Some(80), 5));
    blocked.extend([waits(91, &[92], None, 4), waits(92, &[91], None, 4)]);
    let holder = |pid, state: Option<&str>, holds_up| Holder {
        pid,
        state: state.map(Into::into),
        query: "SELECT balance FROM accounts WHERE id = $1 FOR UPDATE".into(),
        holds_up,
    };
    let group = |state: &str, waits_for: Option<&str>, count| ConnectionGroup {
        application: "bankrun robust".into(),
        state: Some(state.into()),
        waits_for: waits_for.map(Into::into),
        count,
    };
    DatabaseLook {
        time: Duration::from_millis(1412),
        connections: 14,
        active: 11,
        idle_in_transaction: 1,
        waiting: 10,
        longest_wait: Duration::from_millis(12),
        longest_statement: Duration::from_millis(36),
        deadlocks: 2,
        blocked,
        holders: vec![holder(70, Some("idle in transaction"), 7), holder(80, None, 1)],
        groups: vec![
            group("active", Some("lock: tuple"), 6),
            group("active", Some("lock: transactionid"), 4),
            group("idle", None, 2),
            group("idle in transaction", None, 1),
            group("active", Some("IO: WALSync"), 1),
        ],
        hidden: 0,
    }
}

fn looked_at(looks: impl IntoIterator<Item = DatabaseLook>) -> Facts {
    let looks = looks.into_iter().map(|look| Event::Database(Arc::new(look)));
    after([Event::VuStarted { workload: 0 }].into_iter().chain(looks))
}

#[test]
fn the_database_shows_who_waited_for_whom() {
    let quiet = |millis| DatabaseLook {
        time: Duration::from_millis(millis),
        connections: 14,
        active: 2,
        ..DatabaseLook::default()
    };
    let mut facts = looked_at([quiet(1000), busy(), quiet(2000)]);
    let mut database = facts.database.take().expect("looks");
    database.counters =
        Some(DatabaseCounters { commits: 1502, rollbacks: 3, deadlocks: 2, complete: true });
    insta::assert_snapshot!(plain(&database::section(Some(&database), Some(120), WIDTH)));
    assert_eq!(database::section(None, Some(120), WIDTH), "");
}

#[test]
fn the_database_says_when_nobody_waited_and_what_it_could_not_see() {
    let hidden = DatabaseLook { connections: 5, hidden: 5, ..DatabaseLook::default() };
    let mut facts = looked_at([hidden]);
    let mut database = facts.database.take().expect("a look");
    database.counters =
        Some(DatabaseCounters { commits: 1, rollbacks: 0, deadlocks: 0, complete: false });
    database.trouble = Some(
        "it cannot be asked: FATAL: terminating connection due to administrator command".into(),
    );
    let some = plain(&database::section(Some(&database), None, WIDTH));
    let nothing = crate::facts::DatabaseActivity {
        trouble: Some("cannot connect to it: no answer within 5s".into()),
        ..Default::default()
    };
    let nothing = plain(&database::section(Some(&nothing), None, WIDTH));
    insta::assert_snapshot!(format!("{some}\n{nothing}"));
}

#[test]
fn a_database_is_watched_on_a_page_or_by_the_line() {
    let look = busy();
    let counters = DatabaseCounters { commits: 1502, rollbacks: 3, ..DatabaseCounters::default() };
    let watching = Watched {
        title: "bankdb on PostgreSQL 15.18, every 1s (Ctrl-C ends it), postgres://bankuser@localhost/bankdb",
        look: &look,
        counters,
        passed: Duration::from_secs(1),
        balances: &[(1, 1320), (2, 1000)],
        more_balances: true,
    };
    let page = plain(&watched(&watching, WIDTH, 25));
    assert!(page.lines().count() < 25, "{page}");
    insta::assert_snapshot!(format!("{page}\n--- by the line\n{}", watched_line(&watching)));
}
