use std::time::Duration;

use bankrun::engine::Stop;
use bankrun::facts::Event;

use super::drive::{Naps, execute, null_server, run, scenario};

const OPERATIONS: &str = "operations: [{ balance: 1 }]";

#[test]
fn iterations_are_as_many_as_were_asked_for() {
    let service = null_server();
    let workloads = format!(
        "a: {{ executor: shared-iterations, vus: 7, iterations: 100, {OPERATIONS} }}\n\
         b: {{ executor: per-vu-iterations, vus: 7, iterations: 11, {OPERATIONS} }}"
    );
    let ran = run(&workloads, &service);
    let [a, b] = &ran.metrics.workloads[..] else { panic!("two workloads") };
    assert_eq!((a.iterations, a.outcomes.ok, a.iterations_dropped), (100, 100, 0));
    assert_eq!((b.iterations, b.outcomes.ok, b.iterations_dropped), (77, 77, 0));
}

#[test]
fn what_does_not_begin_in_time_is_dropped() {
    let service = null_server();
    let text = format!(
        "a: {{ executor: shared-iterations, vus: 2, iterations: 1000000, max_duration: 200ms, \
         {OPERATIONS} }}\n\
         b: {{ executor: per-vu-iterations, vus: 2, iterations: 500000, max_duration: 200ms, \
         {OPERATIONS} }}"
    );
    let naps = Naps::of(Duration::from_millis(20));
    let ran = execute(scenario(&text), naps, &service, Stop::new());
    for metrics in &ran.metrics.workloads {
        assert_eq!(metrics.iterations + metrics.iterations_dropped, 1_000_000);
        assert!((2..=20).contains(&metrics.iterations), "{}", metrics.iterations);
    }
}

#[test]
fn what_is_interrupted_drops_nothing() {
    let service = null_server();
    let text = format!(
        "a: {{ executor: shared-iterations, iterations: 1000000, {OPERATIONS} }}\n\
         b: {{ executor: constant-arrival-rate, rate: 1, time_unit: 1h, duration: 10h, \
         pre_allocated_vus: 1, {OPERATIONS} }}"
    );
    let stop = Stop::new();
    let halting = stop.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        halting.halt();
    });
    let naps = Naps::of(Duration::from_millis(1));
    let ran = execute(scenario(&text), naps, &service, stop);
    assert_eq!(ran.metrics.total().iterations_dropped, 0);
    assert!(ran.took < Duration::from_secs(60));
}

#[test]
fn time_ends_constant_vus_and_grace_halts_them() {
    let service = null_server();
    let text = format!(
        "a: {{ executor: constant-vus, vus: 3, duration: 100ms, graceful_stop: 0, {OPERATIONS} }}\n\
         b: {{ executor: constant-vus, vus: 3, duration: 100ms, graceful_stop: 1h, {OPERATIONS} }}"
    );
    let naps = Naps::of(Duration::from_millis(500));
    let ran = execute(scenario(&text), naps, &service, Stop::new());
    let [cut, whole] = &ran.metrics.workloads[..] else { panic!("two workloads") };
    assert_eq!((cut.iterations, cut.iterations_cut), (0, 3));
    assert_eq!((whole.iterations, whole.iterations_cut), (3, 0));
}

#[test]
fn workloads_begin_when_they_are_told_to() {
    let service = null_server();
    let text = format!(
        "a: {{ executor: shared-iterations, iterations: 3, {OPERATIONS} }}\n\
         b: {{ executor: ramping-vus, start_time: 300ms, stages: [{{ duration: 50ms, target: 1 }}], \
         {OPERATIONS} }}\n\
         c: {{ executor: constant-arrival-rate, start_time: 600ms, rate: 100, duration: 50ms, \
         pre_allocated_vus: 5, {OPERATIONS} }}"
    );
    let naps = Naps::of(Duration::from_millis(1));
    let ran = execute(scenario(&text), naps.clone(), &service, Stop::new());
    let log = naps.log();
    let of = |process: std::ops::Range<u32>| {
        log.iter().filter(move |nap| process.contains(&nap.process)).map(|nap| nap.at)
    };
    let first = |process: std::ops::Range<u32>| of(process).min().expect("an iteration");
    // Processes are counted over the workloads, in the order of the file.
    assert!(first(1..2) >= first(0..1) + Duration::from_millis(250));
    assert!(first(2..7) >= first(1..2) + Duration::from_millis(250));
    let started = ran.events.iter().filter(|event| matches!(event, Event::VuStarted { .. }));
    assert_eq!(started.count(), 1 + 1 + 5);
}
