use super::schedule::{Candidate, Choice, Ended, Search};

/// Draws orders: each request has a priority, the highest goes on, and at a few
/// places the one that goes on gets the lowest (Burckhardt et al., ASPLOS 2010).
/// An order that needs `places` switches is met with a probability that is
/// known.
#[derive(Debug)]
pub struct Pct {
    random: fastrand::Rng,
    left: usize,
    /// Switches that are drawn, and the most steps that an order had.
    places: usize,
    longest: usize,
    priorities: Vec<usize>,
    changes: Vec<usize>,
    at: usize,
}

impl Pct {
    /// `count` orders of so many requests, by a seed; `longest` is how many
    /// steps they have when one comes after the other.
    pub fn new(count: usize, requests: usize, longest: usize, seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            left: count,
            places: 2,
            longest: longest.max(1),
            priorities: (0..requests).collect(),
            changes: Vec::new(),
            at: 0,
        }
    }
}

impl Search for Pct {
    fn begin(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.at = 0;
        // Above those that changes give.
        let base = self.places;
        let mut order: Vec<usize> = (base..base + self.priorities.len()).collect();
        self.random.shuffle(&mut order);
        self.priorities = order;
        self.changes = (0..self.places).map(|_| self.random.usize(..self.longest)).collect();
        true
    }

    fn choose(&mut self, candidates: &[Candidate], _last: Option<usize>) -> Choice {
        let place = self.at;
        self.at += 1;
        let priority = |priorities: &[usize], candidate: &Candidate| {
            priorities.get(candidate.request).copied().unwrap_or(0)
        };
        let highest = |priorities: &[usize]| {
            let ranked = candidates.iter().enumerate();
            let best = ranked.max_by_key(|(index, candidate)| {
                (priority(priorities, candidate), std::cmp::Reverse(*index))
            });
            best.map_or(0, |(index, _)| index)
        };
        if let Some(change) = self.changes.iter().position(|change| *change == place) {
            let demoted = candidates[highest(&self.priorities)].request;
            if let Some(priority) = self.priorities.get_mut(demoted) {
                *priority = change;
            }
        }
        Choice::Step(highest(&self.priorities))
    }

    fn end(&mut self, how: Ended) {
        if how == Ended::Complete {
            self.longest = self.longest.max(self.at);
        }
    }

    fn pending(&self) -> usize {
        self.left
    }
}
