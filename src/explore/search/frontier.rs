use std::sync::Arc;

use super::independence::Independence;
use super::schedule::{Candidate, Choice, Ended, Search, place_of};

/// How often an order is tried that does not repeat.
const ATTEMPTS: u32 = 3;

/// Goes through all orders, each of them once: those with the fewest switches
/// first, and depth first among those with as many. A switch is a step of
/// another request where the last one could have gone on (the preemptions of
/// CHESS; Musuvathi and Qadeer, PLDI 2007).
///
/// An order is a prefix that is gone through again, and from there on whatever
/// takes no switch. Each choice that could have been made otherwise on the way
/// becomes a prefix.
#[derive(Debug)]
pub struct Frontier {
    /// By how many switches they have.
    prefixes: Vec<Vec<Prefix>>,
    current: Option<Prefix>,
    /// The choices of this order so far.
    path: Vec<Point>,
    attempts: u32,
    most_switches: Option<usize>,
    independence: Option<Independence>,
    diverged: u64,
}

#[derive(Clone, Debug, Default)]
struct Prefix {
    choices: Vec<Choose>,
    switches: usize,
    /// What need not come right after it (see [`Independence`]).
    asleep: Vec<Candidate>,
}

/// A choice that is to be made again.
#[derive(Clone, Debug)]
struct Choose {
    candidates: Arc<[Candidate]>,
    index: usize,
}

/// A choice that was made.
#[derive(Clone, Debug)]
struct Point {
    made: Choose,
    last: Option<usize>,
    /// Switches before it.
    switches: usize,
    /// What need not come at this place.
    asleep: Vec<Candidate>,
}

impl Default for Frontier {
    fn default() -> Self {
        Self {
            prefixes: vec![vec![Prefix::default()]],
            current: None,
            path: Vec::new(),
            attempts: 0,
            most_switches: None,
            independence: None,
            diverged: 0,
        }
    }
}

impl Frontier {
    /// All orders.
    pub fn new() -> Self {
        Self::default()
    }

    /// No orders with more switches.
    pub fn with_most_switches(mut self, most: Option<usize>) -> Self {
        self.most_switches = most;
        self
    }

    /// Of orders that differ in steps that do not matter to each other, one.
    pub fn reduced(mut self, independence: Independence) -> Self {
        self.independence = Some(independence);
        self
    }

    fn switches_of(point: &Point, index: usize) -> usize {
        let candidates = &point.made.candidates;
        let goes_on = place_of(candidates, point.last).is_none()
            || candidates.get(index).map(|candidate| candidate.request) == point.last;
        point.switches + usize::from(!goes_on)
    }

    /// What need not come after a step, of what need not come before it.
    fn still_asleep(&self, asleep: &[Candidate], step: &Candidate) -> Vec<Candidate> {
        let Some(independence) = &self.independence else { return Vec::new() };
        asleep.iter().filter(|other| independence.holds(other, step)).cloned().collect()
    }

    /// What could have been chosen otherwise, beyond the prefix.
    fn branch(&mut self) {
        let known = self.current.as_ref().map_or(0, |prefix| prefix.choices.len());
        for at in known..self.path.len() {
            let point = self.path[at].clone();
            let mut asleep = point.asleep.clone();
            asleep.push(point.made.candidates[point.made.index].clone());
            // The first of them is to come first, and so is put there last.
            let mut others = Vec::new();
            for (index, candidate) in point.made.candidates.iter().enumerate() {
                if index == point.made.index || point.asleep.contains(candidate) {
                    continue;
                }
                let mut choices: Vec<Choose> =
                    self.path[..at].iter().map(|point| point.made.clone()).collect();
                choices.push(Choose { candidates: point.made.candidates.clone(), index });
                let switches = Self::switches_of(&point, index);
                others.push(Prefix {
                    choices,
                    switches,
                    asleep: self.still_asleep(&asleep, candidate),
                });
                asleep.push(candidate.clone());
            }
            for prefix in others.into_iter().rev() {
                let switches = prefix.switches;
                if self.most_switches.is_none_or(|most| switches <= most) {
                    if self.prefixes.len() <= switches {
                        self.prefixes.resize_with(switches + 1, Vec::new);
                    }
                    self.prefixes[switches].push(prefix);
                }
            }
        }
    }
}

impl Search for Frontier {
    fn begin(&mut self) -> bool {
        self.path.clear();
        if self.current.is_none() {
            self.current = self.prefixes.iter_mut().find_map(Vec::pop);
            self.attempts = 0;
        }
        self.current.is_some()
    }

    fn choose(&mut self, candidates: &[Candidate], last: Option<usize>) -> Choice {
        let at = self.path.len();
        let prefix = self.current.get_or_insert_default();
        let switches =
            self.path.last().map_or(0, |point| Self::switches_of(point, point.made.index));
        let point = |candidates: Arc<[Candidate]>, index, asleep| Point {
            made: Choose { candidates, index },
            last,
            switches,
            asleep,
        };
        if let Some(again) = prefix.choices.get(at) {
            if *again.candidates != *candidates {
                return Choice::Diverged(difference(&again.candidates, candidates));
            }
            let point = point(again.candidates.clone(), again.index, Vec::new());
            let index = again.index;
            self.path.push(point);
            return Choice::Step(index);
        }
        let asleep = match self.path.last() {
            None => prefix.asleep.clone(),
            Some(_) if at == prefix.choices.len() => prefix.asleep.clone(),
            Some(before) => {
                self.still_asleep(&before.asleep, &before.made.candidates[before.made.index])
            }
        };
        let is_awake = |candidate: &Candidate| !asleep.contains(candidate);
        let goes_on = place_of(candidates, last).filter(|index| is_awake(&candidates[*index]));
        let Some(index) = goes_on.or_else(|| candidates.iter().position(is_awake)) else {
            return Choice::Known;
        };
        self.path.push(point(candidates.into(), index, asleep));
        Choice::Step(index)
    }

    fn end(&mut self, how: Ended) {
        match how {
            Ended::Complete | Ended::Known => {
                self.branch();
                self.current = None;
            }
            Ended::Endless => {
                self.branch();
                self.diverged += 1;
                self.current = None;
            }
            Ended::Diverged => {
                self.attempts += 1;
                if self.attempts >= ATTEMPTS {
                    self.diverged += 1;
                    self.current = None;
                }
            }
        }
    }

    fn pending(&self) -> usize {
        self.prefixes.iter().map(Vec::len).sum::<usize>() + usize::from(self.current.is_some())
    }

    fn bound(&self) -> Option<usize> {
        if self.diverged > 0 || self.independence.is_some() {
            return None;
        }
        let underway = self.current.as_ref().map(|prefix| prefix.switches);
        let next = self.prefixes.iter().position(|prefixes| !prefixes.is_empty());
        match underway.into_iter().chain(next).min() {
            Some(least) => least.checked_sub(1),
            None => Some(self.most_switches.unwrap_or(usize::MAX)),
        }
    }

    fn diverged(&self) -> u64 {
        self.diverged
    }
}

fn difference(before: &[Candidate], now: &[Candidate]) -> String {
    let names = |candidates: &[Candidate]| {
        let names: Vec<String> = candidates
            .iter()
            .map(|candidate| format!("request {}: {}", candidate.request + 1, candidate.step))
            .collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    format!("before, the next could be {}; now it can be {}", names(before), names(now))
}
