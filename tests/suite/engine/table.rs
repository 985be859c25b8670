//! What k6's documentation says of each executor, and what ours does: the table
//! of `docs/executors.md`.
//!
//! `cargo test --release --locked executors_table -- --ignored --nocapture`

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use bankrun::engine::Stop;
use bankrun::facts::{Event, Latency};

use super::drive::{Nap, Naps, Ran, execute, null_server, run, scenario};

const OPERATIONS: &str = "operations: [{ balance: 1 }]";

/// One line of the table.
struct Row {
    executor: &'static str,
    fields: &'static str,
    /// In k6's documentation.
    says: &'static str,
    /// Iterations sleep so long; without it, they send a request.
    nap: Option<u64>,
    does: fn(&Ran, &[Nap]) -> String,
}

const ROWS: &[Row] = &[
    Row {
        executor: "shared-iterations",
        fields: "vus: 10, iterations: 20000",
        says: "iterations are shared by the VUs; ends once all are executed",
        nap: None,
        does: |ran, _| format!("{}, {}", iterations(ran), ended(ran)),
    },
    Row {
        executor: "shared-iterations",
        fields: "vus: 2, iterations: 100, max_duration: 1s",
        says: "iterations drop if `maxDuration` is over before all finish",
        nap: Some(100),
        does: |ran, _| format!("{}, {}", iterations(ran), ended(ran)),
    },
    Row {
        executor: "per-vu-iterations",
        fields: "vus: 10, iterations: 2000",
        says: "each VU executes exactly so many",
        nap: Some(0),
        does: |ran, naps| {
            let mut each = BTreeMap::<u32, u64>::new();
            for nap in naps {
                *each.entry(nap.process).or_default() += 1;
            }
            let (least, most) = (each.values().min(), each.values().max());
            let each = format!("{} VUs, {:?} to {:?} each", each.len(), least, most);
            format!("{}: {}", iterations(ran), each.replace("Some(", "").replace(')', ""))
        },
    },
    Row {
        executor: "constant-vus",
        fields: "vus: 10, duration: 2s",
        says: "as many iterations as possible for the time",
        nap: None,
        does: |ran, _| format!("{}, {}", iterations(ran), ended(ran)),
    },
    Row {
        executor: "constant-vus",
        fields: "vus: 10, duration: 1s, graceful_stop: 300ms",
        says: "after the time, `gracefulStop` lets iterations finish, then interrupts them",
        nap: Some(2000),
        does: |ran, _| format!("{}, {}", iterations(ran), ended(ran)),
    },
    Row {
        executor: "ramping-vus",
        fields: "start_vus: 0, stages: [{ duration: 1s, target: 20 }, { duration: 1s, target: 20 }, \
                 { duration: 1s, target: 0 }]",
        says: "VUs ramp linearly to each target: 10, 20, 10 at 0.5 s, 1.5 s, 2.5 s",
        nap: Some(5),
        does: |ran, naps| {
            let at = |millis| vus_at(naps, Duration::from_millis(millis));
            format!("{}, {}, {} VUs; {}", at(500), at(1500), at(2500), ended(ran))
        },
    },
    Row {
        executor: "ramping-vus",
        fields: "start_vus: 10, stages: [{ duration: 1s, target: 10 }, { duration: 0, target: 0 }, \
                 { duration: 1s, target: 0 }], graceful_ramp_down: 500ms",
        says: "a stage of no duration is a jump; `gracefulRampDown` is how long a VU has to finish",
        nap: Some(1200),
        does: |ran, _| format!("{}, {}", iterations(ran), ended(ran)),
    },
    Row {
        executor: "constant-arrival-rate",
        fields: "rate: 1000, duration: 3s, pre_allocated_vus: 20, max_vus: 200",
        says: "a fixed number of iterations in each `timeUnit`, spaced evenly: 3000",
        nap: None,
        does: arrivals,
    },
    Row {
        executor: "constant-arrival-rate",
        fields: "rate: 20000, duration: 2s, pre_allocated_vus: 200, max_vus: 2000",
        says: "the same, as fast as it is asked for: 40000",
        nap: None,
        does: arrivals,
    },
    Row {
        executor: "constant-arrival-rate",
        fields: "rate: 300, time_unit: 1m, duration: 2s, pre_allocated_vus: 2",
        says: "spaced fractionally, the first at once: every 200 ms, 10",
        nap: Some(0),
        does: |ran, naps| {
            let at = |number: usize| naps.get(number).map_or(Duration::ZERO, |nap| nap.at);
            let gap = |number: usize| (at(number + 1) - at(number)).as_secs_f64() * 1e3;
            let (first, last) = (gap(0), gap(8));
            format!("{}, gaps of {first:.1} and {last:.1} ms, {}", iterations(ran), ended(ran))
        },
    },
    Row {
        executor: "constant-arrival-rate",
        fields: "rate: 200, duration: 1s, pre_allocated_vus: 1, max_vus: 10",
        says: "more VUs up to `maxVUs`; without a free one iterations are dropped",
        nap: Some(100),
        does: |ran, _| format!("{}, {} VUs", iterations(ran), ran.metrics.workloads[0].vus_max),
    },
    Row {
        executor: "ramping-arrival-rate",
        fields: "start_rate: 0, stages: [{ duration: 2s, target: 1000 }, { duration: 1s, target: \
                 1000 }, { duration: 0, target: 100 }, { duration: 1s, target: 100 }], \
                 pre_allocated_vus: 20, max_vus: 200",
        says: "the rate ramps linearly; as many iterations as lie under it: 1000 + 1000 + 100",
        nap: None,
        does: arrivals,
    },
];

#[test]
#[ignore = "a measurement: run it with --release when nothing else runs"]
fn executors_table() {
    let service = null_server();
    let mut table =
        "| executor | k6's documentation says | bankrun does |\n|---|---|---|\n".to_owned();
    for row in ROWS {
        let Row { executor, fields, says, .. } = row;
        let text = format!("a: {{ executor: {executor}, {fields}, {OPERATIONS} }}");
        let (ran, naps) = match row.nap {
            None => (run(&text, &service), Vec::new()),
            Some(millis) => {
                let naps = Naps::of(Duration::from_millis(millis));
                let ran = execute(scenario(&text), naps.clone(), &service, Stop::new());
                (ran, naps.log())
            }
        };
        let nap = row.nap.filter(|nap| *nap > 0);
        let nap = nap.map_or_else(String::new, |nap| format!(", iterations of {nap} ms"));
        let does = (row.does)(&ran, &naps);
        table += &format!("| `{executor}`: `{fields}`{nap} | {says} | {does} |\n");
    }
    std::io::stdout().write_all(table.as_bytes()).expect("written");
}

/// `20000 iterations (31000/s)`, with what was dropped or interrupted.
fn iterations(ran: &Ran) -> String {
    let metrics = &ran.metrics.workloads[0];
    let mut text = format!("{} iterations", metrics.iterations);
    if metrics.iterations > 0 {
        text += &format!(" ({:.0}/s)", metrics.iterations as f64 / ran.took.as_secs_f64());
    }
    for (count, word) in
        [(metrics.iterations_dropped, "dropped"), (metrics.iterations_cut, "interrupted")]
    {
        if count > 0 {
            text += &format!(", {count} {word}");
        }
    }
    text
}

fn ended(ran: &Ran) -> String {
    format!("ended after {:.3} s", ran.took.as_secs_f64())
}

fn arrivals(ran: &Ran, _: &[Nap]) -> String {
    let mut late = Latency::new();
    for event in &ran.events {
        if let Event::Operation(operation) = event {
            late.record(operation.late);
        }
    }
    let micros = |share| late.quantile(share).as_micros();
    let vus = ran.metrics.workloads[0].vus_max;
    let (median, p99) = (micros(0.5), micros(0.99));
    format!("{}, sent {median} µs late (p99: {p99} µs), {vus} VUs, {}", iterations(ran), ended(ran))
}

/// How many virtual users began something within 20 ms of that moment.
fn vus_at(naps: &[Nap], moment: Duration) -> usize {
    let began = naps.iter().map(|nap| nap.at).min().unwrap_or_default();
    let near = |nap: &&Nap| (nap.at - began).abs_diff(moment) <= Duration::from_millis(10);
    let mut processes: Vec<u32> = naps.iter().filter(near).map(|nap| nap.process).collect();
    processes.sort_unstable();
    processes.dedup();
    processes.len()
}
