use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the log repeats itself.
const PERIOD: Duration = Duration::from_secs(5);

/// What the log says of requests that failed: each kind once in a while, and how
/// many there were in between. A full disk fails thousands a second.
#[derive(Debug)]
pub(super) struct Complaints(Mutex<BTreeMap<&'static str, Said>>);

#[derive(Debug)]
struct Said {
    when: Instant,
    /// Since then.
    unsaid: u64,
}

impl Complaints {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Whether it is time to say so, and then how many were not said. `kind`: its
    /// code.
    pub(super) fn is_due(&self, kind: &'static str, now: Instant) -> Option<u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(kind) {
            Some(said) if now.saturating_duration_since(said.when) < PERIOD => {
                said.unsaid += 1;
                None
            }
            Some(said) => {
                said.when = now;
                Some(std::mem::take(&mut said.unsaid))
            }
            None => {
                all.insert(kind, Said { when: now, unsaid: 0 });
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_said_once_in_a_while() {
        let (complaints, now) = (Complaints::new(), Instant::now());
        assert_eq!(complaints.is_due("internal", now), Some(0));
        for _ in 0..1000 {
            assert_eq!(complaints.is_due("internal", now + PERIOD / 2), None);
        }
        assert_eq!(complaints.is_due("unavailable", now), Some(0));
        assert_eq!(complaints.is_due("internal", now + PERIOD), Some(1000));
        assert_eq!(complaints.is_due("internal", now + PERIOD * 3), Some(0));
    }
}
