use std::time::{Duration, Instant};

use super::error::Effect;

/// How long whoever holds a connection still waits for the database.
///
/// One measure for all that is asked on the way, so that a request is answered
/// within it, however many statements it has. What makes a change final is given
/// the whole measure anew: whoever gives up there does not know what became of it.
#[derive(Debug)]
pub(super) struct Patience {
    whole: Duration,
    left: Duration,
    waits: bool,
}

/// The database did not answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutOfPatience(pub(super) Duration);

impl Patience {
    pub(super) fn new(whole: Duration) -> Self {
        Self { whole, left: whole, waits: false }
    }

    /// Of the next holder, who has waited for `spent` already.
    pub(super) fn renew(&mut self, spent: Duration) {
        self.left = self.whole.saturating_sub(spent);
    }

    /// For one who has much to do.
    pub(super) fn extend(&mut self, more: Duration) {
        self.left = self.left.max(more);
    }

    /// Whether a question was given up, or dropped, before it was answered. Who
    /// asks next would wait for that answer first.
    pub(super) fn waits(&self) -> bool {
        self.waits
    }

    /// Waits for the answer to a question.
    pub(super) async fn wait<F: Future>(
        &mut self,
        effect: Effect,
        question: F,
    ) -> Result<F::Output, OutOfPatience> {
        let limit = match effect {
            Effect::None => self.left,
            Effect::Final => self.whole,
        };
        self.waits = true;
        let start = Instant::now();
        let answer = tokio::time::timeout(limit, question).await;
        self.left = self.left.saturating_sub(start.elapsed());
        self.waits = answer.is_err();
        answer.map_err(|_| OutOfPatience(self.whole))
    }
}
