//! Ctrl-C, SIGTERM, and the SIGHUP of a terminal that closes.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Exit;
use super::output::eprint;
use crate::engine::Stop;

/// How long a command may clean up after the second signal.
const GRACE: Duration = Duration::from_secs(2);

/// Whether something was begun that has an end of its own.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// The signals that ask this process to end.
///
/// A thread of their own hears them, whatever the others are busy with or wait
/// for. Until something is begun the first one ends the process. From then on it
/// is for whoever began, and the process ends some time after the second one, or
/// at once after the third.
pub(super) struct Signals(UnboundedReceiver<()>);

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let (sender, receiver) = unbounded_channel();
        let (ready, listens) = mpsc::channel();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if let Err(error) = hear(&sender, &ready) {
                let _ = ready.send(Err(error));
            }
        })?;
        listens.recv().map_err(io::Error::other)??;
        Ok(Self(receiver))
    }

    /// From now on a signal is for whoever waits for the next one.
    pub(super) fn begin(self) -> Self {
        BEGUN.store(true, Ordering::Relaxed);
        self
    }

    pub(super) async fn next(&mut self) {
        let heard = self.0.recv().await;
        debug_assert!(heard.is_some(), "the thread ends with the process");
    }
}

/// Counts the signals, and says when it listens. Prints nothing: that would wait
/// where nobody reads.
fn hear(heard: &UnboundedSender<()>, ready: &mpsc::Sender<io::Result<()>>) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut ears = Ears::open()?;
        let _ = ready.send(Ok(()));
        for _ in 0..2 {
            ears.next().await;
            if !BEGUN.load(Ordering::Relaxed) {
                break;
            }
            // Whoever listened may be gone by now, and the process ends soon.
            let _ = heard.send(());
        }
        if BEGUN.load(Ordering::Relaxed) {
            let _ = tokio::time::timeout(GRACE, ears.next()).await;
        }
        std::process::exit(Exit::Interrupted.code().into())
    })
}

struct Ears {
    interrupt: Signal,
    terminate: Signal,
    /// `None` where it is to be ignored, as under `nohup`.
    hang_up: Option<Signal>,
    /// A file that may grow no further (`ulimit -f`) is an error of whoever writes
    /// to it, and not the end of the process.
    _file_size: Signal,
}

impl Ears {
    fn open() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let hang_up = (!ignores_hang_up()).then(|| signal(SignalKind::hangup())).transpose()?;
        let file_size = signal(SignalKind::from_raw(nix::libc::SIGXFSZ))?;
        Ok(Self { interrupt, terminate, hang_up, _file_size: file_size })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            Some(_) = async { self.hang_up.as_mut()?.recv().await } => {}
        }
    }
}

/// Whether this process was started to outlive its terminal. Known on Linux;
/// elsewhere it is assumed, which leaves the signal as it is.
fn ignores_hang_up() -> bool {
    const SIGHUP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & SIGHUP != 0)
}

/// Runs the command. The first signal stops it gracefully, so that it still
/// reports; the second drops it on the spot.
pub(super) async fn interruptible<F: Future<Output = Exit>>(
    signals: Signals,
    command: impl FnOnce(Stop) -> F,
) -> Exit {
    let stop = Stop::new();
    let mut signals = signals.begin();
    tokio::select! {
        exit = command(stop.clone()) => exit,
        () = async {
            signals.next().await;
            eprint("stopping: answers under way are awaited; once more to stop at once\n");
            stop.halt();
            signals.next().await;
        } => Exit::Interrupted,
    }
}
