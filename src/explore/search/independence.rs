use std::collections::{BTreeMap, BTreeSet};

use super::schedule::Candidate;

/// Which steps do not matter to each other, by the tables that they read and
/// write.
///
/// Used for sleep sets (Godefroid, 1996): once all orders that go on with one
/// step have been gone through, an order that puts another one before it is
/// worth a run only when something comes between the two that matters to the
/// first. A step that nothing is known of matters to all others.
#[derive(Clone, Debug, Default)]
pub struct Independence {
    touched: BTreeMap<(usize, String), Touched>,
}

/// The tables, and other things that can be locked, of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub reads: BTreeSet<String>,
    pub writes: BTreeSet<String>,
}

impl Touched {
    /// What is touched by either.
    pub fn and(mut self, other: Self) -> Self {
        self.reads.extend(other.reads);
        self.writes.extend(other.writes);
        self
    }
}

impl Independence {
    /// What a step of a request touches. Several looks add up.
    pub fn learn(&mut self, request: usize, step: &str, touched: Touched) {
        let known = self.touched.entry((request, step.to_owned())).or_default();
        *known = std::mem::take(known).and(touched);
    }

    pub(super) fn holds(&self, one: &Candidate, other: &Candidate) -> bool {
        if one.request == other.request {
            return false;
        }
        let of = |step: &Candidate| self.touched.get(&(step.request, step.step.to_string()));
        let (Some(one), Some(other)) = (of(one), of(other)) else { return false };
        let spares = |a: &Touched, b: &Touched| {
            a.writes.is_disjoint(&b.writes) && a.writes.is_disjoint(&b.reads)
        };
        spares(one, other) && spares(other, one)
    }
}
