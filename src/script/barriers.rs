//! Places where virtual users wait for each other, so that what they do next
//! happens at the same time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How often those who wait look whether enough of them are left.
const LOOK: Duration = Duration::from_millis(50);
/// Different barriers of a run.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Barriers(Mutex<BTreeMap<String, Arc<Round>>>);

/// One meeting; the next one under the same name begins anew.
#[derive(Debug)]
struct Round {
    wanted: u64,
    come: Mutex<u64>,
    /// Set when all are there, or when it is given up.
    over: CancellationToken,
    given_up: OnceLock<Unmet>,
}

/// Why a barrier did not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unmet {
    /// Others wait there for another number.
    Disagreement {
        wanted: u64,
    },
    /// Too few came in time.
    Late {
        come: u64,
    },
    /// Of all virtual users so many are left.
    Left {
        come: u64,
        left: u64,
    },
    TooMany,
}

impl Barriers {
    /// Waits until `wanted` virtual users have come, this one included. `left`
    /// tells how many there still are, where that is known. Where one gives up,
    /// all who wait do. May be dropped while it waits: then it did not come.
    pub(super) async fn meet(
        &self,
        name: &str,
        wanted: u64,
        patience: Duration,
        left: impl Fn() -> Option<u64>,
    ) -> Result<(), Unmet> {
        let round = self.enter(name, wanted)?;
        let _seat = Seat { barriers: self, name, round: &round };
        let deadline = tokio::time::Instant::now() + patience;
        let mut look = tokio::time::interval(LOOK);
        while !round.over.is_cancelled() {
            let last_call = tokio::select! {
                () = round.over.cancelled() => break,
                () = tokio::time::sleep_until(deadline) => true,
                _ = look.tick() => false,
            };
            let come = round.come();
            match left().filter(|left| *left < wanted) {
                Some(left) => self.give_up(name, &round, Unmet::Left { come, left }),
                None if last_call => self.give_up(name, &round, Unmet::Late { come }),
                None => {}
            }
        }
        round.given_up.get().map_or(Ok(()), |unmet| Err(unmet.clone()))
    }

    fn enter(&self, name: &str, wanted: u64) -> Result<Arc<Round>, Unmet> {
        let mut rounds = self.rounds();
        if rounds.len() >= MOST && !rounds.contains_key(name) {
            return Err(Unmet::TooMany);
        }
        let round = rounds.entry(name.to_owned()).or_insert_with(|| Arc::new(Round::new(wanted)));
        let round = round.clone();
        if round.wanted != wanted {
            return Err(Unmet::Disagreement { wanted: round.wanted });
        }
        *round.count() += 1;
        if round.come() == wanted {
            rounds.remove(name);
            round.over.cancel();
        }
        Ok(round)
    }

    /// Nobody more may join; unless the last one just did.
    fn give_up(&self, name: &str, round: &Arc<Round>, unmet: Unmet) {
        let mut rounds = self.rounds();
        if !round.over.is_cancelled() {
            rounds.remove(name);
            // Set once: whoever holds the map is the first.
            let _ = round.given_up.set(unmet);
            round.over.cancel();
        }
    }

    fn rounds(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Round>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Round {
    fn new(wanted: u64) -> Self {
        let over = CancellationToken::new();
        Self { wanted, come: Mutex::default(), over, given_up: OnceLock::new() }
    }

    fn come(&self) -> u64 {
        *self.count()
    }

    fn count(&self) -> MutexGuard<'_, u64> {
        self.come.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Someone who waits. Who goes away before the round is over, did not come.
struct Seat<'a> {
    barriers: &'a Barriers,
    name: &'a str,
    round: &'a Arc<Round>,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut rounds = self.barriers.rounds();
        if self.round.over.is_cancelled() {
            return;
        }
        let mut come = self.round.count();
        *come -= 1;
        if *come == 0 {
            rounds.remove(self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn rounds_fill_one_after_another() {
        let barriers = Barriers::default();
        for _ in 0..3 {
            let meet = || barriers.meet("a", 3, LONG, || Some(3));
            let met = tokio::join!(meet(), meet(), meet());
            assert_eq!(met, (Ok(()), Ok(()), Ok(())));
        }
        assert!(barriers.rounds().is_empty());
    }

    #[tokio::test]
    async fn who_waits_in_vain_hears_how_many_came() {
        let barriers = Barriers::default();
        let late = Err(Unmet::Late { come: 2 });
        let one = barriers.meet("a", 3, SHORT, || None);
        let two = barriers.meet("a", 3, LONG, || None);
        assert_eq!(tokio::join!(one, two), (late.clone(), late));

        let left = Err(Unmet::Left { come: 1, left: 1 });
        assert_eq!(barriers.meet("a", 2, LONG, || Some(1)).await, left);
        assert!(barriers.rounds().is_empty());
    }

    #[tokio::test]
    async fn who_goes_away_did_not_come() {
        let barriers = Barriers::default();
        let gone = tokio::time::timeout(SHORT, barriers.meet("a", 2, LONG, || None)).await;
        assert!(gone.is_err());
        assert!(barriers.rounds().is_empty());
        let disagreement = Err(Unmet::Disagreement { wanted: 2 });
        let two = async {
            let one = barriers.meet("a", 2, LONG, || None);
            let other = async {
                let refused = barriers.meet("a", 3, LONG, || None).await;
                assert_eq!(refused, disagreement);
                barriers.meet("a", 2, LONG, || None).await
            };
            tokio::join!(one, other)
        };
        assert_eq!(two.await, (Ok(()), Ok(())));
    }
}
