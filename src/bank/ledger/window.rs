use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::model::Pause;

/// What happens between reading a balance and writing it back: the moment in
/// which an unprotected update can be lost.
#[derive(Clone, Debug, Default)]
pub enum Window {
    /// Straight on.
    #[default]
    None,
    /// A pause of a drawn length.
    Pause(Pause),
    /// Whatever the owner of the gate decides.
    Gate(Gate),
}

/// Code that an update runs between its read and its write. Tests hold
/// updates there until all of them have arrived.
#[derive(Clone)]
pub struct Gate(Arc<dyn Fn() -> Passage + Send + Sync>);

type Passage = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Longer pauses leave accuracy to the runtime's timer.
const BLOCKING_UP_TO: Duration = Duration::from_millis(20);

impl Window {
    /// Holds the update for as long as the window says.
    pub async fn pause(&self) {
        match self {
            Self::None => {}
            Self::Pause(pause) => sleep(pause.draw(&mut fastrand::Rng::new())).await,
            Self::Gate(gate) => (gate.0)().await,
        }
    }
}

impl From<Pause> for Window {
    fn from(pause: Pause) -> Self {
        if pause.is_none() { Self::None } else { Self::Pause(pause) }
    }
}

/// The runtime's timer counts whole milliseconds and turns 1 ms into 2; a
/// sleeping thread is accurate to a tenth. There are never more of them than
/// connections in the pool.
pub(super) async fn sleep(length: Duration) {
    if length > BLOCKING_UP_TO {
        tokio::time::sleep(length).await;
    } else if !length.is_zero() {
        // It can only fail when the runtime is going down.
        let _ = tokio::task::spawn_blocking(move || std::thread::sleep(length)).await;
    }
}

impl Gate {
    pub fn new<F, Fut>(pass: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(pass())))
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}
