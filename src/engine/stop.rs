use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// The two ways a run comes to its end early. Children stop with their parent:
/// a workload with the run, a virtual user with its workload.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    ending: CancellationToken,
    halted: CancellationToken,
}

/// Nothing new may be sent any more. A request already sent is awaited.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the run was stopped")]
pub struct Stopped;

impl Stop {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn child(&self) -> Self {
        Self { ending: self.ending.child_token(), halted: self.halted.child_token() }
    }

    /// No new iterations; those under way go on.
    pub fn end(&self) {
        self.ending.cancel();
    }

    /// No new operations either.
    pub fn halt(&self) {
        self.ending.cancel();
        self.halted.cancel();
    }

    pub fn is_ending(&self) -> bool {
        self.ending.is_cancelled()
    }

    /// An error once the run is halted, for use with `?` before anything is sent.
    pub fn check(&self) -> Result<(), Stopped> {
        if self.halted.is_cancelled() { Err(Stopped) } else { Ok(()) }
    }

    pub async fn halted(&self) {
        self.halted.cancelled().await;
    }

    pub async fn ending(&self) {
        self.ending.cancelled().await;
    }
}
