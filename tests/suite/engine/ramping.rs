use std::collections::BTreeSet;
use std::time::Duration;

use bankrun::engine::Stop;
use bankrun::facts::Event;

use super::drive::{Naps, execute, null_server, scenario};

fn ramp(stages: &str, more: &str) -> String {
    format!(
        "a: {{ executor: ramping-vus, start_vus: 0, stages: [{stages}], {more} operations: \
         [{{ balance: 1 }}] }}"
    )
}

#[test]
fn the_same_vus_are_used_again_on_the_way_up() {
    let service = null_server();
    let text = ramp(
        "{ duration: 0, target: 4 }, { duration: 300ms, target: 4 }, { duration: 0, target: 1 }, \
         { duration: 300ms, target: 1 }, { duration: 0, target: 4 }, { duration: 300ms, target: 4 }",
        "",
    );
    let naps = Naps::of(Duration::from_millis(10));
    let ran = execute(scenario(&text), naps.clone(), &service, Stop::new());
    assert_eq!(naps.processes(), BTreeSet::from([0, 1, 2, 3]));
    let metrics = &ran.metrics.workloads[0];
    assert_eq!((metrics.vus, metrics.vus_max, metrics.iterations_cut), (0, 4, 0));
    let started = ran.events.iter().filter(|event| matches!(event, Event::VuStarted { .. }));
    assert_eq!(started.count(), 4 + 3, "three of them began again");
    // Numbers go on where a virtual user left off.
    for process in 0..4 {
        let log = naps.log();
        let numbers = log.iter().filter(|nap| nap.process == process).map(|nap| nap.number);
        assert!(numbers.eq(0..log.iter().filter(|nap| nap.process == process).count() as u64));
    }
}

#[test]
fn who_is_not_wanted_finishes_its_iteration() {
    let service = null_server();
    let text = ramp(
        "{ duration: 0, target: 3 }, { duration: 100ms, target: 3 }, { duration: 0, target: 0 }, \
         { duration: 1ms, target: 0 }",
        "graceful_ramp_down: 1h, graceful_stop: 1h,",
    );
    let naps = Naps::of(Duration::from_millis(400));
    let ran = execute(scenario(&text), naps, &service, Stop::new());
    let metrics = &ran.metrics.workloads[0];
    assert_eq!((metrics.iterations, metrics.iterations_cut), (3, 0));
    assert!(ran.took >= Duration::from_millis(400));
}

#[test]
fn who_does_not_finish_in_time_is_halted_and_the_seat_is_taken_again() {
    let service = null_server();
    let text = ramp(
        "{ duration: 0, target: 2 }, { duration: 100ms, target: 2 }, { duration: 0, target: 0 }, \
         { duration: 1s, target: 0 }, { duration: 0, target: 2 }, { duration: 100ms, target: 2 }",
        "graceful_ramp_down: 50ms, graceful_stop: 50ms,",
    );
    let naps = Naps::of(Duration::from_secs(3600));
    let ran = execute(scenario(&text), naps.clone(), &service, Stop::new());
    let metrics = &ran.metrics.workloads[0];
    assert_eq!((metrics.iterations, metrics.iterations_cut), (0, 4));
    assert_eq!(naps.processes(), BTreeSet::from([0, 1]));
    assert!(ran.took < Duration::from_secs(60), "{:?}", ran.took);
}

#[test]
fn who_is_wanted_again_in_time_is_not_disturbed() {
    let service = null_server();
    let text = ramp(
        "{ duration: 0, target: 2 }, { duration: 50ms, target: 2 }, { duration: 0, target: 0 }, \
         { duration: 50ms, target: 0 }, { duration: 0, target: 2 }, { duration: 1500ms, target: 2 }",
        "graceful_ramp_down: 1s,",
    );
    let naps = Naps::of(Duration::from_millis(1300));
    let ran = execute(scenario(&text), naps, &service, Stop::new());
    let metrics = &ran.metrics.workloads[0];
    assert_eq!(metrics.iterations_cut, 0);
    assert!(metrics.iterations >= 2);
}

#[test]
fn the_ramp_is_a_line() {
    let service = null_server();
    let text = ramp("{ duration: 1s, target: 20 }, { duration: 200ms, target: 20 }", "");
    let naps = Naps::of(Duration::from_millis(5));
    execute(scenario(&text), naps.clone(), &service, Stop::new());
    let log = naps.log();
    let first = |process| {
        let of = log.iter().filter(|nap| nap.process == process).map(|nap| nap.at);
        of.min().expect("an iteration")
    };
    // Never before its time; how long after is up to the machine.
    for process in 0..20 {
        let due = Duration::from_millis(50 * u64::from(process));
        assert!(first(process) >= first(0) + due - Duration::from_millis(25), "{process}");
    }
}
