//! The entries of a history in the order of their invocation.
//!
//! They are kept in the order of completion. An entry waits until all that were
//! invoked before it have come, so that as many are held as are under way at a
//! time.

use std::iter::Peekable;
use std::vec;

use super::entry::Entry;
use super::packed::{Entries, STRETCH};

/// Entries by invocation, each with its position among
/// [`History::entries`](super::History::entries).
#[derive(Debug)]
pub struct ByInvocation<'a> {
    entries: Entries<'a>,
    position: u32,
    /// The earliest invocation of all entries from each stretch on, without the
    /// first one.
    later: vec::IntoIter<u64>,
    /// What was put aside, by invocation.
    aside: Peekable<vec::IntoIter<Held>>,
    held: Vec<Held>,
    /// Invocations and places in `held`, sorted; what is done, and what is due.
    order: Vec<(u64, u32)>,
    done: usize,
    due: usize,
    ended: bool,
}

type Held = (u32, Entry);

impl<'a> ByInvocation<'a> {
    /// `earliest`: the earliest invocation of each stretch; `aside`: entries that
    /// come after all others, in any order.
    pub(super) fn new(entries: Entries<'a>, earliest: &[u64], aside: &[Entry]) -> Self {
        let mut later = earliest.to_vec();
        for stretch in (1..later.len()).rev() {
            later[stretch - 1] = later[stretch - 1].min(later[stretch]);
        }
        let mut later = later.into_iter();
        later.next();
        let first = entries.len() as u32;
        let mut aside: Vec<Held> = (first..).zip(aside.iter().copied()).collect();
        aside.sort_unstable_by_key(|(position, entry)| (entry.invoked, *position));
        Self {
            entries,
            position: 0,
            later,
            aside: aside.into_iter().peekable(),
            held: Vec::new(),
            order: Vec::new(),
            done: 0,
            due: 0,
            ended: false,
        }
    }

    /// Takes in the next stretch.
    fn advance(&mut self) {
        let waiting = self.order[self.due..].iter().map(|(_, place)| self.held[*place as usize]);
        self.held = waiting.collect();
        for entry in self.entries.by_ref().take(STRETCH) {
            self.held.push((self.position, entry));
            self.position += 1;
        }
        let next = self.later.next();
        let is_due = |invoked: u64| next.is_none_or(|next| invoked < next);
        while let Some(held) = self.aside.next_if(|(_, entry)| is_due(entry.invoked)) {
            self.held.push(held);
        }
        self.order.clear();
        self.order.extend((0..).zip(&self.held).map(|(place, (_, entry))| (entry.invoked, place)));
        self.order.sort_unstable();
        self.done = 0;
        self.due = self.order.partition_point(|(invoked, _)| is_due(*invoked));
        self.ended = next.is_none();
    }
}

impl Iterator for ByInvocation<'_> {
    type Item = (u32, Entry);

    fn next(&mut self) -> Option<(u32, Entry)> {
        while self.done == self.due {
            if self.ended {
                return None;
            }
            self.advance();
        }
        let (_, place) = self.order[self.done];
        self.done += 1;
        Some(self.held[place as usize])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use fastrand::Rng;

    use super::super::history::History;
    use super::super::{Invocation, Operation};
    use super::*;
    use crate::model::Call;

    /// Operations of 50 processes, one of which is very slow at times.
    fn history(operations: u64) -> History {
        let random = &mut Rng::with_seed(1);
        let mut history = History::default();
        let call = Arc::new(Call::deposit("1".into(), 10));
        let mut ends: Vec<(u64, u64)> = vec![(0, 0); 50];
        for number in 0..operations {
            let process = (0..50).min_by_key(|process| ends[*process].1).unwrap_or(0);
            let (invoked, completed) = ends[process];
            let [from, to] = [invoked, completed].map(Duration::from_nanos);
            if number >= 50 {
                history.complete(&Operation {
                    process: process as u32,
                    invoked: from,
                    completed: to,
                    ..Operation::done(call.clone())
                });
            }
            let long = if process == 7 && random.u8(..4) == 0 { 10_000_000 } else { 1_000 };
            let begin = completed + random.u64(1..10);
            ends[process] = (begin, begin + random.u64(1..long));
            let invocation = Invocation {
                process: process as u32,
                call: call.clone(),
                time: Duration::from_nanos(begin),
                attempt: None,
                read_at: None,
            };
            history.invoke(&invocation);
        }
        history.close();
        history
    }

    #[test]
    fn all_come_by_invocation_and_few_wait() {
        let history = history(400_000);
        let mut most = 0;
        let mut found = Vec::new();
        let mut ordered = history.by_invocation();
        while let Some((position, entry)) = ordered.next() {
            most = most.max(ordered.held.len());
            found.push((entry.invoked, position));
        }
        assert!(found.is_sorted_by_key(|(invoked, _)| *invoked));
        let mut all: Vec<_> = (0..)
            .zip(history.entries())
            .map(|(position, entry)| (entry.invoked, position))
            .collect();
        all.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, all);
        assert!(most < 40_000, "{most} waited");
    }
}
