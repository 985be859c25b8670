//! Ctrl-C and SIGTERM.

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
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Runs the command. The first signal stops it gracefully, so that it still
/// reports; the second drops it on the spot.
pub(super) async fn interruptible<F: Future<Output = Exit>>(
    command: impl FnOnce(Stop) -> F,
) -> Exit {
    let stop = Stop::new();
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => {
            eprint(&format!("cannot listen for signals: {error}\n"));
            return Exit::NotRun;
        }
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
