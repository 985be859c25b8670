//! How a search goes about its budget: in rounds, each from the start.

use super::search::{Done, Search};
use super::stuck::Stuck;

#[derive(Debug)]
pub(super) enum Found {
    /// Positions in `Problem::ops`.
    Order(Vec<u32>),
    Exhausted,
    OutOfBudget,
}

#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) found: Found,
    pub(super) steps: u64,
    /// Where the search got furthest before it went back.
    pub(super) stuck: Option<Stuck>,
}

impl Search<'_> {
    /// In rounds: the early ones look only at short runs of unknown outcomes,
    /// and only where nothing else can be done; the last one leaves out nothing.
    pub(super) fn run(mut self) -> Outcome {
        let total = self.limit;
        let items = self.window.left() as u64;
        let rounds: &[u32] =
            if self.optional.is_empty() { &[u32::MAX] } else { &[1, 2, 3, u32::MAX] };
        let mut found = Found::OutOfBudget;
        for (round, longest) in (1..).zip(rounds) {
            // Each gets its part, and what the ones before it left over.
            self.limit = items * round + (total - items) / rounds.len() as u64 * round;
            self.longest = *longest;
            self.cut = false;
            found = self.round();
            let done = match found {
                Found::Order(_) => true,
                Found::Exhausted => !self.cut,
                Found::OutOfBudget => false,
            };
            if done {
                break;
            }
            self.reset();
        }
        let stuck = match found {
            Found::Order(_) => None,
            _ => self.trace.finish(),
        };
        Outcome { found, steps: self.steps, stuck }
    }

    fn round(&mut self) -> Found {
        self.enter();
        loop {
            if self.complete() {
                return Found::Order(self.order());
            }
            if self.spent() {
                return Found::OutOfBudget;
            }
            match self.next_move() {
                Some(next) => {
                    self.perform(&next);
                    self.enter();
                }
                None if self.leave() => {}
                None if self.missed || self.spent() => return Found::OutOfBudget,
                None => return Found::Exhausted,
            }
        }
    }

    /// A step costs as much as a look at 64 operations.
    pub(super) fn spent(&self) -> bool {
        self.steps > self.limit || self.walked / 64 > self.limit
    }

    fn reset(&mut self) {
        while !self.trail.is_empty() {
            self.undo();
        }
        self.frames.clear();
        self.moves.clear();
        self.seen.clear();
    }

    pub(super) fn complete(&self) -> bool {
        self.window.left() == 0
            && self.accounts.iter().all(|account| {
                let account = *account as usize;
                self.problem.end[account].is_none_or(|end| end == self.state[account])
            })
    }

    pub(super) fn order(&self) -> Vec<u32> {
        let position = |done: &Done| match *done {
            Done::Item { index, .. } => self.window.items[index as usize],
            Done::Optional { position, .. } => position,
        };
        self.trail.iter().map(position).collect()
    }
}
