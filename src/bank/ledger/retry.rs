use std::time::{Duration, Instant};

use super::counters::Counters;
use super::error::LedgerError;
use super::window::sleep;
use crate::bank::store::StoreError;

/// How often an update may find another one in its way before it gives up.
const ATTEMPTS: u32 = 100;

/// No pause between two attempts is longer.
const LONGEST: Duration = Duration::from_millis(100);

/// The attempts of one update.
#[derive(Debug)]
pub struct Retry<'a> {
    counters: &'a Counters,
    lost: u32,
    began: Instant,
}

impl<'a> Retry<'a> {
    pub(super) fn new(counters: &'a Counters) -> Self {
        Self { counters, lost: 0, began: Instant::now() }
    }

    /// What came of an attempt; `None`, after a pause, when it has to be made
    /// again because another update was in its way.
    pub async fn settled<T>(
        &mut self,
        attempt: Result<T, LedgerError>,
    ) -> Option<Result<T, LedgerError>> {
        let Err(LedgerError::Store(StoreError::Conflict(_))) = attempt else {
            return Some(attempt);
        };
        self.lost += 1;
        if self.lost == ATTEMPTS {
            return Some(Err(LedgerError::Contended(ATTEMPTS)));
        }
        self.counters.count_retry();
        sleep(self.pause()).await;
        self.began = Instant::now();
        None
    }

    /// Drawn, so that those who collided do not meet again, from a range that
    /// grows with every loss and with the time that one attempt takes.
    fn pause(&self) -> Duration {
        let range = self.began.elapsed().saturating_mul(self.lost).min(LONGEST);
        range.mul_f64(fastrand::f64())
    }
}
