//! The operations still to be placed, and which of them the clock allows next.
//!
//! Operations that are possible on one balance only are listed by that balance;
//! the others are listed together. Each list is sorted by invocation and linked
//! both ways, so that an operation is taken out, and put back in reverse order,
//! in constant time (Knuth's dancing links; Wing & Gong's list of calls).

use super::model::Problem;
use super::rules::key;

const BARRED: u64 = u64::MAX;

#[derive(Debug)]
pub(super) struct Window {
    /// Positions in `Problem::ops`, sorted by invocation: the *items*.
    pub(super) items: Vec<u32>,
    /// Items sorted by completion.
    by_end: Vec<u32>,
    done: Vec<bool>,
    left: usize,
    /// Everything in `by_end` before it is done.
    low: u32,
    next: Vec<u32>,
    prev: Vec<u32>,
    /// The balance of each list; the last list has none.
    keys: Vec<i64>,
    keyed: Option<u32>,
    real_time: bool,
}

impl Window {
    /// `keyed`: the single account of the component, if it has but one.
    pub(super) fn new(
        problem: &Problem,
        mut items: Vec<u32>,
        keyed: Option<u32>,
        real_time: bool,
    ) -> Self {
        let op = |item: u32| &problem.ops[item as usize];
        items.sort_by_key(|item| op(*item).invoked);
        let count = items.len();
        let mut by_end: Vec<u32> = (0..count as u32).collect();
        by_end.sort_by_key(|index| op(items[*index as usize]).completed);
        let mut listed: Vec<(Option<i64>, u32)> = (0..count as u32)
            .map(|index| (keyed.and_then(|_| key(op(items[index as usize]))), index))
            .collect();
        listed.sort_unstable();
        let mut keys: Vec<i64> = listed.iter().filter_map(|(key, _)| *key).collect();
        keys.dedup();
        let heads = keys.len() + 1;
        let mut next: Vec<u32> = (0..(count + heads) as u32).collect();
        let mut prev = next.clone();
        let mut list = count;
        for (position, (key, index)) in listed.iter().enumerate() {
            if key.is_none() {
                append(&mut next, &mut prev, (count + keys.len()) as u32, *index);
                continue;
            }
            if position > 0 && listed[position - 1].0.is_some() && listed[position - 1].0 != *key {
                list += 1;
            }
            append(&mut next, &mut prev, list as u32, *index);
        }
        Self {
            items,
            by_end,
            done: vec![false; count],
            left: count,
            low: 0,
            next,
            prev,
            keys,
            keyed,
            real_time,
        }
    }

    pub(super) fn left(&self) -> usize {
        self.left
    }

    pub(super) fn is_real_time(&self) -> bool {
        self.real_time
    }

    pub(super) fn low(&self) -> u32 {
        self.low
    }

    /// The item that returns first of those not placed yet.
    pub(super) fn earliest(&self) -> Option<u32> {
        self.by_end.get(self.low as usize).copied()
    }

    /// Nothing that was invoked later may come next: closed intervals.
    pub(super) fn bound(&self, problem: &Problem) -> u64 {
        match self.earliest() {
            Some(index) if self.real_time => {
                problem.ops[self.items[index as usize] as usize].completed
            }
            _ => BARRED,
        }
    }

    pub(super) fn take(&mut self, index: u32) {
        let (before, after) = (self.prev[index as usize], self.next[index as usize]);
        self.next[before as usize] = after;
        self.prev[after as usize] = before;
        self.done[index as usize] = true;
        self.left -= 1;
        while self.by_end.get(self.low as usize).is_some_and(|index| self.done[*index as usize]) {
            self.low += 1;
        }
    }

    /// Undoes the latest [`Window::take`] that is not undone; `low` as it was.
    pub(super) fn put_back(&mut self, index: u32, low: u32) {
        let (before, after) = (self.prev[index as usize], self.next[index as usize]);
        self.next[before as usize] = index;
        self.prev[after as usize] = index;
        self.done[index as usize] = false;
        self.left += 1;
        self.low = low;
    }

    /// The heads of the lists on which an operation for this state can be.
    pub(super) fn lists(&self, state: &[i64]) -> [Option<u32>; 2] {
        let heads = self.items.len();
        let keyed =
            self.keyed.and_then(|account| self.keys.binary_search(&state[account as usize]).ok());
        [keyed.map(|list| (heads + list) as u32), Some((heads + self.keys.len()) as u32)]
    }

    /// The next item of a list, if there is one.
    pub(super) fn after(&self, node: u32) -> Option<u32> {
        let next = self.next[node as usize];
        ((next as usize) < self.items.len()).then_some(next)
    }
}

fn append(next: &mut [u32], prev: &mut [u32], head: u32, index: u32) {
    let last = prev[head as usize];
    next[last as usize] = index;
    prev[index as usize] = last;
    next[index as usize] = head;
    prev[head as usize] = index;
}
