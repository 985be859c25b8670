//! How the checker's time and memory grow with the history.
//!
//! ```text
//! cargo bench --bench checker            # up to 10,000,000 operations
//! cargo bench --bench checker -- 1e6     # up to 1,000,000
//! ```
//!
//! Each history is that of a correct bank with some forty operations under way
//! at any time; the last shape is that of a naive one. Seconds are of processor
//! time where the system tells it.

#![expect(clippy::print_stdout, reason = "a table for people")]

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use bankrun::verdict::Conclusion;

use histories::{Bank, SHAPES, Shape, conclusion, facts};

#[path = "shared/histories.rs"]
mod histories;

const SMALLEST: usize = 10_000;
const LARGEST: usize = 10_000_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, shape, size] = &arguments[..]
        && flag == "--one"
    {
        return one(shape.parse().unwrap_or_default(), size.parse().unwrap_or(SMALLEST));
    }
    let most = match arguments.iter().find(|argument| !argument.starts_with('-')) {
        Some(most) => match most.parse::<f64>() {
            Ok(most) if most >= SMALLEST as f64 => most as usize,
            _ => {
                println!("{most}: expected a number of operations from 1e4 up, such as 1e6");
                return ExitCode::FAILURE;
            }
        },
        // As a test (`cargo test --benches`) it only has to run.
        None if !arguments.iter().any(|argument| argument == "--bench") => SMALLEST,
        None => LARGEST,
    };
    for (index, shape) in SHAPES.iter().enumerate() {
        println!("\n{}", shape.name);
        println!("operations  seconds  ns/operation  ratio  extra MiB  verdict");
        let mut previous = None;
        let sizes = std::iter::successors(Some(SMALLEST), |size| size.checked_mul(10));
        for size in sizes.take_while(|size| *size <= most) {
            let Some(([seconds, extra], verdict)) = row(index, size) else {
                return ExitCode::FAILURE;
            };
            let per_operation = seconds * 1e9 / size as f64;
            let ratio =
                previous.map_or("-".to_owned(), |before| format!("{:.1}", seconds / before));
            println!(
                "{size:>10}  {seconds:>7.3}  {per_operation:>12.0}  {ratio:>5}  {extra:>9.0}  {verdict}"
            );
            previous = Some(seconds);
        }
    }
    ExitCode::SUCCESS
}

/// The numbers of one row, measured in a process of its own: what an earlier
/// row has used and given back would hide what this one uses.
fn row(shape: usize, size: usize) -> Option<([f64; 2], String)> {
    let program = std::env::current_exe().ok()?;
    let arguments = ["--one".to_owned(), shape.to_string(), size.to_string()];
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        println!("{text}{}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    let (numbers, verdict) = text.trim_end().rsplit_once(' ')?;
    let mut numbers = numbers.split(' ').map(|number| number.parse().unwrap_or(f64::NAN));
    Some(([numbers.next()?, numbers.next()?], verdict.to_owned()))
}

/// Judges one history and prints: seconds, extra MiB, verdict.
fn one(shape: usize, size: usize) -> ExitCode {
    let shape = &SHAPES[shape];
    let facts = facts(shape, size);
    let memory = Memory::before();
    let (conclusion, seconds) = timed(|| conclusion(&facts));
    let extra = memory.and_then(|memory| memory.grown());
    let extra = extra.map_or(f64::NAN, |kib| kib as f64 / 1024.0);
    let verdict = match conclusion {
        Conclusion::Pass => "pass",
        Conclusion::Fail => "fail",
        Conclusion::Inconclusive => "unknown",
    };
    println!("{seconds} {extra} {verdict}");
    if could_be_right(shape, conclusion) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let (start, cpu) = (Instant::now(), cpu_time());
    let result = work();
    let elapsed = start.elapsed();
    let used = cpu_time().zip(cpu).map(|(now, before)| now - before);
    (result, used.unwrap_or(elapsed).as_secs_f64())
}

/// What this thread has had of a processor, where Linux tells: others may be at
/// work on the machine.
fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// A search may run out of budget, but never come to the wrong end.
fn could_be_right(shape: &Shape, conclusion: Conclusion) -> bool {
    let wrong = if shape.bank == Bank::Naive { Conclusion::Pass } else { Conclusion::Fail };
    conclusion != wrong
}

/// What the process holds, in KiB, where Linux tells.
struct Memory {
    before: u64,
}

impl Memory {
    /// Starts the peak anew.
    fn before() -> Option<Self> {
        std::fs::write("/proc/self/clear_refs", "5").ok()?;
        Some(Self { before: status("VmRSS:")? })
    }

    /// By how much the peak exceeds what was held before.
    fn grown(&self) -> Option<u64> {
        Some(status("VmHWM:")?.saturating_sub(self.before))
    }
}

fn status(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}
