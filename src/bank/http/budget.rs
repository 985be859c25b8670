use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The memory, in bytes, that the bodies and answers of one server may take which
/// are not small: beyond it they are refused. What everybody needs is free of it, so
/// that those who take much stop nobody else.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    left: Arc<AtomicUsize>,
    whole: usize,
}

/// A part of it, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    /// As much is free for each request: `max_connections` of them bound it.
    pub(super) const FREE: usize = 4 * 1024;

    pub(super) fn new(bytes: usize) -> Self {
        Self { left: Arc::new(AtomicUsize::new(bytes)), whole: bytes }
    }

    pub(super) fn whole(&self) -> usize {
        self.whole
    }

    /// Nothing yet: to grow.
    pub(super) fn nothing(&self) -> Taken {
        Taken { budget: self.clone(), bytes: 0 }
    }
}

impl Taken {
    /// Makes it that large; whether that was possible. What is free is not counted.
    pub(super) fn resize(&mut self, bytes: usize) -> bool {
        let bytes = if bytes > Budget::FREE { bytes } else { 0 };
        let left = &self.budget.left;
        if bytes <= self.bytes {
            left.fetch_add(self.bytes - bytes, Ordering::Relaxed);
        } else {
            let more = bytes - self.bytes;
            let take = |left: usize| left.checked_sub(more);
            if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
                return false;
            }
        }
        self.bytes = bytes;
        true
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.resize(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_given_back() {
        let budget = Budget::new(100_000);
        let taken = |bytes| {
            let mut taken = budget.nothing();
            taken.resize(bytes).then_some(taken)
        };
        let mut one = taken(60_000).expect("room");
        assert!(taken(60_000).is_none());
        assert!(!one.resize(100_001) && one.resize(100_000) && one.resize(30_000));
        let other = taken(70_000).expect("room again");
        assert!(taken(Budget::FREE + 1).is_none());
        assert!(taken(Budget::FREE).is_some(), "whatever is left");
        drop((one, other));
        assert!(taken(100_000).is_some());
    }
}
