use super::super::components::{Groups, Joins, first_account};
use super::super::floors::Floors;
use super::super::model::Op;
use super::super::report::Stats;
use super::super::rules::Room;
use super::super::told::{Told, acknowledged};
use super::running::{Flow, Part};

/// What must be known of all operations before they are put in order.
#[derive(Debug)]
pub struct Outline {
    joins: Joins,
    accounts: Vec<Seen>,
}

/// Of one account: what the operations are that name it first.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    stats: Stats,
    room: Room,
    told: Told,
    updates: u64,
}

impl Outline {
    pub fn new(accounts: usize) -> Self {
        Self { joins: Joins::new(accounts), accounts: vec![Seen::default(); accounts] }
    }

    pub fn see(&mut self, op: &Op) {
        let Some(first) = first_account(op) else { return };
        self.joins.join(op);
        let seen = &mut self.accounts[first as usize];
        seen.stats.count(op.outcome);
        seen.room.see(op);
        seen.updates += u64::from(op.is_update());
        for leg in acknowledged(op) {
            self.accounts[leg.account as usize].told.see(&leg);
        }
    }

    /// How many updates name each account first.
    pub fn updates(&self) -> impl Iterator<Item = u64> + '_ {
        self.accounts.iter().map(|seen| seen.updates)
    }

    /// `None`: the numbers are too large to calculate with.
    pub fn begin<'a>(
        self,
        initial: &[i64],
        end: &'a [Option<i64>],
        floors: &Floors,
    ) -> Option<Flow<'a>> {
        let Groups { accounts: groups, of } = self.joins.groups();
        let mut parts = Vec::with_capacity(groups.len());
        for accounts in groups {
            let seen = accounts.iter().map(|account| self.accounts[*account as usize]);
            let (mut room, mut stats, mut sums_only) = (Room::default(), Stats::default(), false);
            for seen in seen {
                room.add(seen.room);
                stats.add(seen.stats);
                sums_only |= seen.told.is_silent();
            }
            if !room.is_enough(&accounts, initial, end) {
                return None;
            }
            parts.push(Part::new(accounts, stats, sums_only));
        }
        Some(Flow::new(initial, end, of, parts, floors))
    }
}
