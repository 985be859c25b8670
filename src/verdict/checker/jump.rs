//! Runs of unknown outcomes, where a search can go on in no other way.

use super::model::Op;
use super::rules::{apply, legal};
use super::search::{Done, Move, Search};

impl Search<'_> {
    /// Offers the runs of exactly `length` unknown outcomes after which the
    /// search can go on. False when there is no run of this length at all.
    pub(super) fn jumps(&mut self, length: u32) -> bool {
        let bound = self.window.bound(self.problem);
        let mut run: Vec<u32> = Vec::new();
        let mut group = 0;
        let mut any = false;
        let mut runs: Vec<(u64, Box<[u32]>)> = Vec::new();
        let base = self.trail.len();
        // An odometer over non-decreasing groups; the state follows along.
        loop {
            let full = run.len() == length as usize;
            if full {
                any = true;
                if self.goes_on(bound)
                    && let Some(order) = self.in_order(&run, base)
                {
                    runs.push((self.oldest(base), order));
                }
            }
            if !full && group < self.optional.groups() {
                self.walked += 8;
                if self.spent() {
                    break;
                }
                let before = self.trail.len();
                self.take_optional(group, bound);
                if self.trail.len() > before {
                    run.push(group);
                } else {
                    group += 1;
                }
                continue;
            }
            match run.pop() {
                Some(last) => {
                    self.undo();
                    group = last + 1;
                }
                None => break,
            }
        }
        while self.trail.len() > base {
            self.undo();
        }
        // Most take effect soon, if at all: the latest ones are tried first.
        runs.sort_by_key(|(oldest, _)| *oldest);
        self.moves.extend(runs.into_iter().map(|(_, run)| Move::Jump(run)));
        any
    }

    /// When the first of the operations done since then was invoked.
    fn oldest(&self, base: usize) -> u64 {
        let invoked = |done: &Done| match done {
            Done::Optional { position, .. } => self.problem.ops[*position as usize].invoked,
            Done::Item { .. } => u64::MAX,
        };
        self.trail[base..].iter().map(invoked).min().unwrap_or(u64::MAX)
    }

    /// The run, which was just done, in an order that never overdraws.
    ///
    /// On one account deposits first is as good as any order. Over several
    /// accounts this takes whatever is possible next, and may miss an order.
    fn in_order(&mut self, run: &[u32], base: usize) -> Option<Box<[u32]>> {
        if !self.problem.floors.any(self.accounts) {
            return Some(run.into());
        }
        let problem = self.problem;
        let mut rest: Vec<(u32, &Op)> = self.trail[base..]
            .iter()
            .filter_map(|done| match *done {
                Done::Optional { group, position } => {
                    Some((group, &problem.ops[position as usize]))
                }
                Done::Item { .. } => None,
            })
            .collect();
        let overdrawn = rest.iter().any(|(_, op)| {
            op.kind.legs().any(|leg| {
                let balance = self.state[leg.account as usize];
                leg.delta < 0 && problem.floors.forbid(leg.account, balance)
            })
        });
        if overdrawn {
            return None;
        }
        rest.iter().for_each(|(_, op)| apply(op, &mut self.state, -1));
        let mut order = Vec::with_capacity(rest.len());
        while let Some(place) =
            rest.iter().rposition(|(_, op)| legal(op, &self.state, &problem.floors))
        {
            let (group, op) = rest.remove(place);
            apply(op, &mut self.state, 1);
            order.push(group);
        }
        rest.iter().for_each(|(_, op)| apply(op, &mut self.state, 1));
        self.missed |= !rest.is_empty();
        rest.is_empty().then(|| order.into())
    }

    /// Whether anything required, or the end, can follow on this state.
    fn goes_on(&mut self, bound: u64) -> bool {
        if self.window.left() == 0 {
            return self.complete();
        }
        for list in self.window.lists(&self.state).into_iter().flatten() {
            let mut node = list;
            while let Some(index) = self.window.after(node) {
                self.walked += 1;
                let position = self.window.items[index as usize];
                let op = &self.problem.ops[position as usize];
                if op.invoked > bound {
                    break;
                }
                if legal(op, &self.state, &self.problem.floors) && self.is_open(position) {
                    return true;
                }
                node = index;
            }
        }
        false
    }
}
