//! Operations of unknown outcome, where nothing else can be done.

use super::super::rules::{apply, legal};
use super::settler::{Move, Settler};

/// How many pairs are looked at in one place.
const PAIRS: usize = 1_000;

impl Settler {
    /// Offers one operation of unknown outcome, or else two, after which
    /// something under way could come next, or the end is reached. What has to
    /// return first is tried first.
    pub(super) fn jumps(&mut self, state: &mut [i64], end: &[Option<i64>], accounts: &[u32]) {
        if self.unknown.is_empty() {
            return;
        }
        let bound = self.under_way.bound();
        let mut wanted: Vec<(u64, u32, i64)> = Vec::new();
        let slots = self.under_way.slots();
        for slot in slots.iter().filter(|slot| slot.invoked <= bound) {
            wanted.extend(slot.lacks(state).map(|lacks| (slot.completed, slot.account, lacks)));
        }
        if slots.is_empty() {
            let missing = accounts.iter().filter_map(|account| {
                let missing = end[*account as usize]?.saturating_sub(state[*account as usize]);
                (missing != 0).then_some((u64::MAX, *account, missing))
            });
            wanted.extend(missing.take(1));
        }
        wanted.sort_unstable_by_key(|(completed, ..)| std::cmp::Reverse(*completed));
        let start = self.moves.len();
        for (_, account, lacks) in &wanted {
            for group in self.unknown.changing(*account, *lacks) {
                if self.is_possible(&[*group], bound, state) {
                    self.moves.push(Move::Jump(*group, None));
                }
            }
        }
        if self.moves.len() > start {
            return;
        }
        let mut pairs = 0;
        for (_, account, lacks) in wanted.iter().rev() {
            for first in self.unknown.touching(*account) {
                let Some(number) = self.unknown.next(*first, bound) else { continue };
                let legs = self.slab.op(number).kind.legs();
                let delta: i64 =
                    legs.filter(|leg| leg.account == *account).map(|leg| leg.delta).sum();
                for second in self.unknown.changing(*account, lacks.saturating_sub(delta)) {
                    if self.is_possible(&[*first, *second], bound, state) {
                        self.moves.push(Move::Jump(*first, Some(*second)));
                    }
                }
                pairs += 1;
                if pairs > PAIRS {
                    break;
                }
            }
        }
        self.moves[start..].reverse();
    }

    /// Whether these can be done one after another.
    fn is_possible(&self, groups: &[u32], bound: u64, state: &mut [i64]) -> bool {
        let done = groups.iter().enumerate().take_while(|(index, group)| {
            let again = groups[..*index].contains(group);
            let Some(number) = self.unknown.next(**group, bound).filter(|_| !again) else {
                return false;
            };
            let op = self.slab.op(number);
            let fits = legal(op, state, &self.floors);
            if fits {
                apply(op, state, 1);
            }
            fits
        });
        let done = done.count();
        for group in &groups[..done] {
            if let Some(number) = self.unknown.next(*group, bound) {
                apply(self.slab.op(number), state, -1);
            }
        }
        done == groups.len()
    }
}
