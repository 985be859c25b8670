//! Ctrl-C, SIGTERM, and the SIGHUP of a terminal that closes.

use std::future::Future;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Exit;
use super::output::eprint;
use crate::engine::Stop;

/// The signals that ask a program to end.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` where it is to be ignored, as under `nohup`.
    hang_up: Option<Signal>,
    /// A file that may grow no further (`ulimit -f`) is an error of whoever writes
    /// to it, and not the end of the process.
    _file_size: Signal,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let hang_up = (!ignores_hang_up()).then(|| signal(SignalKind::hangup())).transpose()?;
        let file_size = signal(SignalKind::from_raw(nix::libc::SIGXFSZ))?;
        Ok(Self { interrupt, terminate, hang_up, _file_size: file_size })
    }

    /// The same, for a command that cannot do without; an error was told.
    pub(super) fn listen_or_tell() -> Result<Self, Exit> {
        Self::listen().map_err(|error| {
            eprint(&format!("cannot listen for signals: {error}\n"));
            Exit::NotRun
        })
    }

    pub(super) async fn next(&mut self) {
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
    command: impl FnOnce(Stop) -> F,
) -> Exit {
    let stop = Stop::new();
    let mut signals = match Signals::listen_or_tell() {
        Ok(signals) => signals,
        Err(exit) => return exit,
    };
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
