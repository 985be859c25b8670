//! An order that is verified while it is told, and not kept.

use super::meaning::{needed, step};
use crate::verdict::checker::floors::Floors;
use crate::verdict::checker::model::{Op, Outcome};

/// Does the operations of an order in real time one after another, as
/// [`Verifier`](super::Verifier) does, and counts which of the history are left.
#[derive(Debug)]
pub struct Follower {
    floors: Floors,
    /// The balances of all accounts.
    state: Vec<i64>,
    /// The group of each account.
    of: Vec<u32>,
    groups: Vec<Group>,
    /// One bit for each position in the history.
    placed: Vec<u64>,
    sound: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Group {
    /// The latest invocation of what was done.
    latest: u64,
    /// Operations that must be in the order and are not yet.
    owed: u64,
}

impl Follower {
    /// `of`: the group of each account, a number below `groups`.
    pub fn new(initial: &[i64], of: &[u32], groups: usize, floors: Floors) -> Self {
        Self {
            floors,
            state: initial.to_vec(),
            of: of.to_vec(),
            groups: vec![Group::default(); groups],
            placed: Vec::new(),
            sound: of.len() == initial.len(),
        }
    }

    /// An operation of the history.
    pub fn expect(&mut self, op: &Op) {
        let mut groups = op.kind.accounts().map(|account| self.of[account as usize]);
        let Some(group) = groups.next() else { return };
        let joins = op.outcome != Outcome::Failed && needed(op, &self.floors) != Some(false);
        self.sound &= !joins || groups.all(|other| other == group);
        if needed(op, &self.floors) == Some(true) {
            self.groups[group as usize].owed += 1;
        }
    }

    /// The next operation of the order of its group, and its position in the
    /// history.
    pub fn place(&mut self, op: &Op, position: u32) {
        self.sound = self.sound && self.follow(op, position).is_some();
    }

    /// Whether everything that must be is in the order of `group`, and leads to
    /// its final balances.
    pub fn holds(&self, group: usize, accounts: &[u32], end: &[Option<i64>]) -> bool {
        self.sound
            && self.groups[group].owed == 0
            && accounts.iter().all(|account| {
                let (account, own) = (*account as usize, self.of[*account as usize]);
                own as usize == group && end[account].is_none_or(|end| end == self.state[account])
            })
    }

    fn follow(&mut self, op: &Op, position: u32) -> Option<()> {
        let group = self.of[op.kind.accounts().next()? as usize];
        let end = if op.outcome == Outcome::Info { u64::MAX } else { op.completed };
        let progress = &mut self.groups[group as usize];
        if end < progress.latest {
            return None;
        }
        progress.latest = progress.latest.max(op.invoked);
        if needed(op, &self.floors) == Some(true) {
            progress.owed = progress.owed.checked_sub(1)?;
        }
        let (word, bit) = (position as usize / 64, 1 << (position % 64));
        if word >= self.placed.len() {
            self.placed.resize(word + 1, 0);
        }
        if self.placed[word] & bit != 0 {
            return None;
        }
        self.placed[word] |= bit;
        let now =
            |account: usize| (self.of.get(account) == Some(&group)).then(|| self.state[account]);
        let changed = step(&self.floors, op, now)?;
        for (account, balance) in changed.into_iter().flatten() {
            self.state[account] = balance;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::checker::model::Kind;

    fn deposit(delta: i64, balance: i64, (invoked, completed): (u64, u64)) -> Op {
        let kind = Kind::Update { account: 0, delta, balance: Some(balance) };
        Op { id: invoked, invoked, completed, kind, outcome: Outcome::Ok }
    }

    fn holds(history: &[Op], order: &[u32]) -> bool {
        let mut follower = Follower::new(&[0], &[0], 1, Floors::new([Some(0)]));
        history.iter().for_each(|op| follower.expect(op));
        order.iter().for_each(|position| follower.place(&history[*position as usize], *position));
        follower.holds(0, &[0], &[Some(30)])
    }

    #[test]
    fn the_whole_history_has_to_be_done_once_in_an_order_that_is_possible() {
        let history = [deposit(10, 10, (0, 5)), deposit(20, 30, (3, 9))];
        assert!(holds(&history, &[0, 1]));
        assert!(!holds(&history, &[1, 0]), "answers");
        assert!(!holds(&history, &[0]), "one is missing");
        assert!(!holds(&history, &[0, 1, 1]), "twice");
        let later = [deposit(10, 30, (0, 2)), deposit(20, 20, (3, 9))];
        assert!(!holds(&later, &[1, 0]), "the clock");
        let elsewhere = [deposit(10, 10, (0, 5))];
        assert!(!holds(&elsewhere, &[0]), "the end");
    }
}
