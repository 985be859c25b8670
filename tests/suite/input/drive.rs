use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

use super::targets::Target;
use super::{corpus, mutation};

/// Mutations of each target, and how long they may take in all: fewer are tried
/// where they take longer.
const MUTATIONS: usize = 3000;
const SECONDS: u64 = 4;

/// One input may take as much of its thread's own work, in a debug build, and
/// beyond all doubt as much time.
const SOON: Duration = Duration::from_secs(10);
const HANGS: Duration = Duration::from_secs(120);

/// Gives the target all that is kept for it, then mutations of it: the same ones
/// every time, unless `BANKRUN_FUZZ_SEED` says otherwise. `BANKRUN_FUZZ_SECONDS`
/// takes the place of both limits. An input that fails is left in a file.
pub(super) fn drive(target: Target) {
    let input = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("input-{}", target.name));
    let seconds = asked("BANKRUN_FUZZ_SECONDS");
    let (done, ended) = channel();
    let file = input.clone();
    let worker = std::thread::spawn(move || {
        try_all(target, &file, seconds);
        done.send(()).ok();
    });
    let limit = HANGS + Duration::from_secs(seconds.unwrap_or(SECONDS));
    if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
        panic!("`{}` hangs: {}", target.name, advice(&input, target));
    }
    if let Err(panic) = worker.join() {
        resume_unwind(panic);
    }
}

fn try_all(target: Target, input: &PathBuf, seconds: Option<u64>) {
    let kept = corpus::of(target.name);
    for (path, bytes) in &kept {
        attempt(target, bytes, input, &path.display().to_string());
    }
    let kept: Vec<Vec<u8>> = kept.into_iter().map(|(_, bytes)| bytes).collect();
    let seed = asked("BANKRUN_FUZZ_SEED").unwrap_or(1);
    let mut random = fastrand::Rng::with_seed(seed);
    let start = Instant::now();
    let limit = Duration::from_secs(seconds.unwrap_or(SECONDS));
    let mut count = 0;
    while start.elapsed() < limit && (seconds.is_some() || count < MUTATIONS) {
        let bytes = mutation::mutate(&kept[random.usize(0..kept.len())], &kept, &mut random);
        attempt(target, &bytes, input, &format!("mutation {count} of seed {seed}"));
        count += 1;
    }
    std::fs::remove_file(input).expect("it was written");
}

/// The file is there before the target is called: it may not come back.
fn attempt(target: Target, bytes: &[u8], input: &Path, what: &str) {
    std::fs::write(input, bytes).expect("the input is kept");
    let begin = worked();
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes)));
    let took = worked() - begin;
    if let Err(panic) = outcome {
        eprintln_about(target, bytes, input, what);
        resume_unwind(panic);
    }
    if took > SOON {
        eprintln_about(target, bytes, input, what);
        panic!("`{}` worked {took:?} on {what}", target.name);
    }
}

#[expect(clippy::print_stderr, reason = "a test says which input failed")]
fn eprintln_about(target: Target, bytes: &[u8], input: &Path, what: &str) {
    let start = &bytes[..bytes.len().min(2000)];
    eprintln!("{what}, {} bytes: {}", bytes.len(), start.escape_ascii());
    eprintln!("{}", advice(input, target));
}

fn advice(input: &Path, target: Target) -> String {
    format!("the input is in {}; keep it in fuzz/corpus/{}", input.display(), target.name)
}

/// What this thread has worked by now.
fn worked() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock").into()
}

fn asked(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}: `{text}` is no number")))
}
