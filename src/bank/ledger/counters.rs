use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a ledger counts.
#[derive(Debug, Default)]
pub struct Counters {
    retries: AtomicU64,
    repeats: AtomicU64,
    batches: AtomicU64,
    batched: AtomicU64,
    gaps: AtomicU64,
    gap_nanos: AtomicU64,
}

impl Counters {
    /// How often an update began again because another one was in its way.
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// How often an update was answered as it had been before, because its key
    /// had been applied already.
    pub fn repeats(&self) -> u64 {
        self.repeats.load(Ordering::Relaxed)
    }

    /// How many batches were committed.
    pub fn batches(&self) -> u64 {
        self.batches.load(Ordering::Relaxed)
    }

    /// How many updates were in them, refused ones included.
    pub fn batched(&self) -> u64 {
        self.batched.load(Ordering::Relaxed)
    }

    /// How many updates wrote a balance that they had read before, with nothing to
    /// hold it still in between, and how much time passed in these gaps altogether.
    pub fn gaps(&self) -> (u64, Duration) {
        let nanos = self.gap_nanos.load(Ordering::Relaxed);
        (self.gaps.load(Ordering::Relaxed), Duration::from_nanos(nanos))
    }

    pub(super) fn count_gap(&self, gap: Duration) {
        let nanos = u64::try_from(gap.as_nanos()).unwrap_or(u64::MAX);
        self.gaps.fetch_add(1, Ordering::Relaxed);
        self.gap_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    pub(super) fn count_batch(&self, size: usize, repeats: u64) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.batched.fetch_add(size as u64, Ordering::Relaxed);
        self.repeats.fetch_add(repeats, Ordering::Relaxed);
    }

    pub(super) fn count_repeat(&self) {
        self.repeats.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }
}
