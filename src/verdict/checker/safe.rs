//! Which update may be taken without trying anything else first.
//!
//! An update whose accounts no other operation can touch before it commutes with
//! everything that comes before it: it may as well come first (a persistent set
//! of one; Godefroid 1996). Only what was invoked before it returned can come
//! before it, so the accounts of a component mostly do not multiply.

use super::floors::Floors;
use super::model::{Op, Outcome};
use super::rules::is_short;
use super::search::{Move, Search};

/// How many offers are tried.
const TRIES: usize = 4;

impl Search<'_> {
    /// One of the offers from `start` on that needs no alternative.
    pub(super) fn safe(&mut self, start: usize) -> Option<Move> {
        let offers: Vec<u32> = self.moves[start..]
            .iter()
            .rev()
            .take(TRIES)
            .filter_map(|offer| match offer {
                Move::Item(index) => Some(*index),
                Move::Jump(_) => None,
            })
            .collect();
        let safe = offers.into_iter().find(|index| self.is_safe(*index))?;
        Some(Move::Item(safe))
    }

    fn is_safe(&mut self, index: u32) -> bool {
        let op = &self.problem.ops[self.window.items[index as usize] as usize];
        if op.kind.legs().any(|leg| leg.balance.is_none()) {
            return false;
        }
        let until = if self.window.is_real_time() { op.completed } else { u64::MAX };
        for list in self.window.lists(&self.state).into_iter().flatten() {
            let mut node = list;
            while let Some(other) = self.window.after(node) {
                self.walked += 1;
                let rival = &self.problem.ops[self.window.items[other as usize] as usize];
                if rival.invoked > until {
                    break;
                }
                if other != index && conflicts(rival, op, &self.state, &self.problem.floors) {
                    return false;
                }
                node = other;
            }
        }
        let mut accounts = op.kind.legs().map(|leg| leg.account);
        let open = accounts.any(|account| self.optional.touches(self.problem, account, until));
        if open {
            // Early rounds take the chance that none of them comes in between.
            self.cut |= self.longest < u32::MAX;
        }
        !open || self.longest < u32::MAX
    }
}

/// Whether the rival could come first on an account that both of them touch, as
/// the balances are.
pub(super) fn conflicts(rival: &Op, op: &Op, state: &[i64], floors: &Floors) -> bool {
    let ours = |account: u32| op.kind.legs().any(|leg| leg.account == account);
    let now = |account: u32| state[account as usize];
    if rival.kind == op.kind && rival.outcome == op.outcome && rival.completed >= op.completed {
        return false;
    }
    match rival.outcome {
        Outcome::Rejected => {
            let takes = rival.kind.takes().filter(|(account, _)| ours(*account));
            let mut told = rival.kind.told_by_refusal().filter(|(account, _)| ours(*account));
            let touches = takes.is_some() || told.clone().next().is_some();
            let short = |(account, delta)| is_short(now(account), delta, floors.of(account));
            touches
                && told.all(|(account, balance)| now(account) == balance)
                && takes.is_none_or(|takes| short(takes) != Some(false))
        }
        Outcome::Ok if !rival.is_update() => rival.kind.seen().any(|(a, b)| ours(a) && now(a) == b),
        Outcome::Ok | Outcome::Info | Outcome::Failed => {
            rival.kind.legs().filter(|leg| ours(leg.account)).any(|leg| {
                let from = |balance: i64| balance.checked_sub(leg.delta);
                leg.balance.is_none_or(|balance| from(balance) == Some(now(leg.account)))
            })
        }
    }
}
