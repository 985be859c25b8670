use std::fmt;
use std::sync::Arc;

/// A step that may be let through next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate {
    /// Which request, from 0.
    pub request: usize,
    /// What it would do; the same step has the same name in each order.
    pub step: Arc<str>,
}

/// What a search says to a set of candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This one, by its place among the candidates.
    Step(usize),
    /// None of them: all that could come of it is known already.
    Known,
    /// Before, there were other candidates at this place.
    Diverged(String),
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Complete,
    /// [`Choice::Known`] was said.
    Known,
    /// [`Choice::Diverged`] was said, or it could not be carried out.
    Diverged,
    /// It went on and on, and was given up.
    Endless,
}

/// Goes through orders, one at a time: `begin`, `choose` for each step, `end`.
pub trait Search: Send + fmt::Debug {
    /// Begins the next order; `false` when none is left.
    fn begin(&mut self) -> bool;

    /// Which of the candidates comes next; there is at least one. They are
    /// sorted. `last` is the request whose step was let through before.
    fn choose(&mut self, candidates: &[Candidate], last: Option<usize>) -> Choice;

    /// The order is over.
    fn end(&mut self, how: Ended);

    /// How many orders are known to be left at least.
    fn pending(&self) -> usize;

    /// All orders with at most so many switches have been gone through; `None`
    /// where nothing of the kind can be said.
    fn bound(&self) -> Option<usize> {
        None
    }

    /// Orders that were given up because they did not repeat.
    fn diverged(&self) -> u64 {
        0
    }
}

/// The place of the first candidate of a request.
pub(super) fn place_of(candidates: &[Candidate], request: Option<usize>) -> Option<usize> {
    let request = request?;
    candidates.iter().position(|candidate| candidate.request == request)
}
