use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bankrun::engine::{Behaviour, BoxFuture, Cut, Program, Stop, Vu};
use bankrun::facts::{Event, Operation};
use bankrun::model::Call;

use super::drive::{ANSWER, Naps, execute, null_server, run, scenario};
use crate::support::{Reply, Service};

fn constant(rate: u32, duration: &str, vus: &str) -> String {
    format!(
        "a: {{ executor: constant-arrival-rate, rate: {rate}, duration: {duration}, {vus}, \
         operations: [{{ balance: 1 }}] }}"
    )
}

fn operations(events: &[Event]) -> impl Iterator<Item = &Operation> {
    events.iter().filter_map(|event| match event {
        Event::Operation(operation) => Some(operation),
        _ => None,
    })
}

#[test]
fn every_iteration_begins_once_and_not_before_it_is_due() {
    let service = null_server();
    let text = constant(200, "1s", "pre_allocated_vus: 1, max_vus: 200");
    let naps = Naps::of(Duration::from_millis(5));
    let ran = execute(scenario(&text), naps.clone(), &service, Stop::new());
    let mut log = naps.log();
    log.sort_by_key(|nap| nap.number);
    assert!(log.iter().map(|nap| nap.number).eq(0..200), "{} iterations", log.len());
    // The first one may have begun a little late itself.
    let slack = Duration::from_millis(50);
    for nap in &log {
        assert!(nap.at + slack >= log[0].at + Duration::from_millis(5 * nap.number));
    }
    assert_eq!(ran.metrics.workloads[0].iterations_dropped, 0);
    assert!(ran.took >= Duration::from_secs(1), "{:?}", ran.took);
}

#[test]
fn a_ramp_starts_as_many_as_lie_under_it() {
    let service = null_server();
    let text = "a: { executor: ramping-arrival-rate, start_rate: 0, pre_allocated_vus: 150, \
                stages: [{ duration: 500ms, target: 200 }, { duration: 500ms, target: 0 }], \
                operations: [{ balance: 1 }] }";
    let ran = run(text, &service);
    let metrics = &ran.metrics.workloads[0];
    assert_eq!((metrics.iterations, metrics.iterations_dropped), (100, 0));
}

#[test]
fn vus_are_made_when_they_are_needed_and_not_before() {
    let service = null_server();
    let text = constant(50, "400ms", "pre_allocated_vus: 2, max_vus: 100000");
    let ran = run(&text, &service);
    let metrics = &ran.metrics.workloads[0];
    assert_eq!((metrics.iterations, metrics.iterations_dropped), (20, 0));
    assert!((2..=20).contains(&metrics.vus_max), "{}", metrics.vus_max);
}

#[test]
fn where_nobody_is_free_iterations_are_dropped() {
    let service = null_server();
    let vus = "pre_allocated_vus: 1, max_vus: 3, graceful_stop: 0";
    let text = constant(100, "500ms", vus);
    let naps = Naps::of(Duration::from_secs(3600));
    let ran = execute(scenario(&text), naps.clone(), &service, Stop::new());
    let metrics = &ran.metrics.workloads[0];
    assert_eq!((metrics.iterations, metrics.iterations_cut), (0, 3));
    assert_eq!((metrics.iterations_dropped, metrics.vus_max), (47, 3));
    assert!(naps.log().iter().map(|nap| nap.number).eq(0..3), "the first three");
}

#[test]
fn a_high_rate_is_kept_by_few() {
    let service = null_server();
    let text = constant(5000, "1s", "pre_allocated_vus: 20, max_vus: 4000");
    let naps = Naps::of(Duration::ZERO);
    let ran = execute(scenario(&text), naps, &service, Stop::new());
    let metrics = &ran.metrics.workloads[0];
    assert_eq!(metrics.iterations + metrics.iterations_dropped, 5000);
    assert!(metrics.iterations > 4000, "{}", metrics.iterations);
}

/// Virtual users that take their time to be made.
struct Sluggish(Arc<Naps>);

impl Program for Sluggish {
    fn behaviour(&self, vu: &Arc<Vu>) -> Result<Box<dyn Behaviour>, String> {
        std::thread::sleep(Duration::from_millis(10));
        self.0.behaviour(vu)
    }
}

/// The time counts from when they are there, at its end as well as at its start.
#[test]
fn every_iteration_runs_or_is_dropped_however_long_it_takes_to_make_vus() {
    let service = null_server();
    let text = constant(100, "100ms", "pre_allocated_vus: 10");
    for _ in 0..8 {
        let program = Arc::new(Sluggish(Naps::of(Duration::ZERO)));
        let ran = execute(scenario(&text), program, &service, Stop::new());
        let metrics = &ran.metrics.workloads[0];
        assert_eq!(metrics.iterations + metrics.iterations_dropped, 10);
    }
}

/// A closed loop would send nothing while the service stands still, and report
/// one slow answer for each virtual user.
#[test]
fn a_stall_is_seen_in_the_latencies_and_in_what_was_dropped() {
    let first = Arc::new(std::sync::OnceLock::<Instant>::new());
    let stalls = 300..900;
    let service = Service::start(move |method, _, _| {
        // The run begins with what it reads before; the clock does with a deposit.
        let since = match method {
            "GET" => 0,
            _ => first.get_or_init(Instant::now).elapsed().as_millis(),
        };
        let wait = if stalls.contains(&since) { stalls.end - since } else { 0 };
        Reply::Late(Duration::from_millis(wait as u64), ANSWER.to_owned())
    });
    let text = constant(100, "1200ms", "pre_allocated_vus: 20")
        .replace("balance: 1", "deposit: 1, account: 1");
    let ran = run(&text, &service);
    let metrics = &ran.metrics.workloads[0];
    assert_eq!(metrics.iterations + metrics.iterations_dropped, 120);
    // Twenty of the sixty that were due in the meantime could be sent.
    assert!(metrics.iterations_dropped >= 20, "{}", metrics.iterations_dropped);
    let slow = operations(&ran.events).filter(|each| each.took() > Duration::from_millis(200));
    assert!(slow.count() >= 15);
    assert!(metrics.latency.max() >= Duration::from_millis(450), "{:?}", metrics.latency.max());
}

/// Two operations an iteration, the first of them after a while.
struct Dawdling;

struct Dawdler;

impl Program for Dawdling {
    fn behaviour(&self, _: &Arc<Vu>) -> Result<Box<dyn Behaviour>, String> {
        Ok(Box::new(Dawdler))
    }
}

impl Behaviour for Dawdler {
    fn iterate<'a>(&'a mut self, vu: &'a Arc<Vu>, _: u64) -> BoxFuture<'a, Result<(), Cut>> {
        Box::pin(async move {
            vu.pause(Duration::from_millis(100)).await?;
            for _ in 0..2 {
                vu.operate(&vu.service().prepare(Call::balance(1.into()), &vu.seat.tags)).await?;
            }
            Ok(())
        })
    }
}

#[test]
fn the_first_operation_counts_from_the_instant_it_was_due() {
    let service = null_server();
    let text = constant(20, "200ms", "pre_allocated_vus: 4");
    let ran = execute(scenario(&text), Arc::new(Dawdling), &service, Stop::new());
    let mut second = std::collections::BTreeMap::<u32, bool>::new();
    for operation in operations(&ran.events) {
        let second = second.entry(operation.process).or_default();
        if *second {
            assert_eq!(operation.late, Duration::ZERO);
        } else {
            assert!(operation.late >= Duration::from_millis(100), "{:?}", operation.late);
            assert!(operation.took() >= operation.late);
        }
        *second = !*second;
    }
    assert_eq!(ran.metrics.workloads[0].iterations, 4);
    assert!(ran.metrics.workloads[0].iteration_duration.min() >= Duration::from_millis(100));
    // A closed loop counts from when it sends.
    let text = "a: { executor: shared-iterations, operations: [{ balance: 1 }] }";
    let ran = execute(scenario(text), Arc::new(Dawdling), &service, Stop::new());
    assert!(operations(&ran.events).all(|operation| operation.late.is_zero()));
}

#[test]
fn what_an_iteration_draws_depends_on_its_number_alone() {
    let service = null_server();
    let drawn = |vus: &str| {
        let deposit = "[{ deposit: 1..1000000, account: 1 }]";
        let text = constant(100, "200ms", vus).replace("[{ balance: 1 }]", deposit);
        let ran = run(&text, &service);
        let mut amounts: Vec<i64> =
            operations(&ran.events).map(|operation| operation.call.delta()).collect();
        amounts.sort_unstable();
        (amounts, ran.metrics.workloads[0].iterations_dropped)
    };
    let (few, many) = (drawn("pre_allocated_vus: 1, max_vus: 20"), drawn("pre_allocated_vus: 20"));
    assert_eq!((few.1, many.1), (0, 0));
    assert_eq!(few.0.len(), 20);
    assert_eq!(few.0, many.0);
}

#[test]
fn an_end_asked_for_is_an_end() {
    let asked = Arc::new(AtomicU64::new(0));
    let counter = asked.clone();
    let service = Service::start(move |_, _, _| {
        counter.fetch_add(1, Ordering::Relaxed);
        Reply::Json(200, ANSWER.to_owned())
    });
    let stop = Stop::new();
    let ending = stop.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        ending.end();
    });
    let text = constant(100, "1h", "pre_allocated_vus: 5");
    let ran = execute(scenario(&text), Naps::of(Duration::ZERO), &service, stop);
    assert!(ran.took < Duration::from_secs(60), "{:?}", ran.took);
}
