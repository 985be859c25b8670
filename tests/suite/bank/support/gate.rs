use std::sync::Arc;

use bankrun::bank::Gate;
use tokio::sync::{Semaphore, mpsc};

/// Stands at a gate: sees updates arrive, and decides when they go on.
pub(crate) struct Guard {
    arrivals: mpsc::UnboundedReceiver<()>,
    permits: Arc<Semaphore>,
}

pub(crate) fn gate() -> (Gate, Guard) {
    let (arrived, arrivals) = mpsc::unbounded_channel();
    let permits = Arc::new(Semaphore::new(0));
    let guard = Guard { arrivals, permits: permits.clone() };
    let gate = Gate::new(move || {
        let (arrived, permits) = (arrived.clone(), permits.clone());
        async move {
            arrived.send(()).ok();
            permits.acquire().await.expect("the gate is never torn down").forget();
        }
    });
    (gate, guard)
}

impl Guard {
    /// Waits for the next update between its read and its write.
    pub(crate) async fn arrival(&mut self) {
        self.arrivals.recv().await.expect("the bank holds the gate");
    }

    pub(crate) fn nobody_else_arrived(&mut self) -> bool {
        self.arrivals.try_recv().is_err()
    }

    pub(crate) fn let_through(&self, updates: usize) {
        self.permits.add_permits(updates);
    }
}
