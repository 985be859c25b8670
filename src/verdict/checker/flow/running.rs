use super::super::case::conclude;
use super::super::components::first_account;
use super::super::floors::Floors;
use super::super::guard::guarded;
use super::super::model::{Op, Outcome};
use super::super::proof::CHUNK;
use super::super::report::{Answer, ComponentReport, Explained, Options, Report, Stats};
use super::super::rules::{Role, role};
use super::super::settle::{REACH, Settled, Settler};
use super::super::verifier::Follower;

/// How many operations are held for all components together, about: the more
/// components there are, the fewer are held for each.
const HELD: usize = 16;

/// Puts operations in order while they go by, each component for itself, and
/// verifies the order at once.
#[derive(Debug)]
pub struct Flow<'a> {
    end: &'a [Option<i64>],
    state: Vec<i64>,
    /// The component of each account.
    of: Vec<u32>,
    parts: Vec<Part>,
    floors: Floors,
    follower: Follower,
    /// How many operations of a component are pushed at a time.
    chunk: usize,
    stuck: bool,
}

#[derive(Debug, Default)]
pub(super) struct Part {
    accounts: Vec<u32>,
    settler: Settler,
    stats: Stats,
    sums_only: bool,
    /// Of unknown outcome: positions and ids, and the positions of those that
    /// took effect.
    unknown: Vec<(u32, u64)>,
    applied: Vec<u32>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(
        initial: &[i64],
        end: &'a [Option<i64>],
        of: Vec<u32>,
        mut parts: Vec<Part>,
        floors: &Floors,
    ) -> Self {
        let share = |most: usize| (most * HELD / parts.len().max(1)).clamp(16, most);
        let (chunk, reach) = (share(CHUNK), share(REACH));
        let follower = Follower::new(initial, &of, parts.len(), floors.clone());
        for part in &mut parts {
            part.settler = Settler::new(part.accounts.len() > 1, floors.clone(), reach);
        }
        let floors = floors.clone();
        Self { end, state: initial.to_vec(), of, parts, floors, follower, chunk, stuck: false }
    }

    /// An operation, invoked no earlier than those before it, and a position of
    /// its own. False: there is no order that is easily found.
    pub fn push(&mut self, op: Op, position: u32) -> bool {
        if !self.stuck {
            let pushed = guarded(|| self.take(op, position));
            self.stuck = pushed != Ok(true);
        }
        !self.stuck
    }

    /// The report, if everything has its place and the order was verified.
    pub fn finish(mut self, options: &Options) -> Option<Report> {
        let report = guarded(|| self.report(options)).ok()?;
        report.filter(|_| !self.stuck)
    }

    fn take(&mut self, op: Op, position: u32) -> bool {
        let Some(account) = first_account(&op) else { return true };
        let number = self.of[account as usize] as usize;
        let part = &mut self.parts[number];
        self.follower.expect(&op);
        if role(&op, &self.floors) == Role::Optional {
            part.unknown.push((position, op.id));
        }
        part.settler.push(op, position);
        part.settler.waiting() < self.chunk || self.advance(number) != Settled::Stuck
    }

    fn advance(&mut self, number: usize) -> Settled {
        let Part { accounts, settler, stats, applied, .. } = &mut self.parts[number];
        let follower = &mut self.follower;
        settler.advance(&mut self.state, self.end, accounts, |op, position| {
            follower.place(op, position);
            stats.steps += 1;
            if op.outcome == Outcome::Info {
                applied.push(position);
            }
        })
    }

    fn report(&mut self, options: &Options) -> Option<Report> {
        let mut report = Report::empty();
        for number in 0..self.parts.len() {
            self.parts[number].settler.finish();
            if self.advance(number) != Settled::All {
                return None;
            }
            let part = &mut self.parts[number];
            let accounts = std::mem::take(&mut part.accounts);
            if !self.follower.holds(number, &accounts, self.end) {
                return None;
            }
            let mut component = ComponentReport {
                serializable: Answer::Holds,
                linearizable: Answer::Holds,
                verified: Some(true),
                sums_only: part.sums_only,
                explained: part.explained(),
                ..ComponentReport::blank(accounts, self.end, part.stats)
            };
            component.conclusion = conclude(&component, options);
            report.push(component);
        }
        Some(report)
    }
}

impl Part {
    pub(super) fn new(accounts: Vec<u32>, stats: Stats, sums_only: bool) -> Self {
        Self { accounts, stats, sums_only, ..Self::default() }
    }

    fn explained(&mut self) -> Explained {
        self.applied.sort_unstable();
        self.unknown.sort_unstable();
        let took_effect = |position: &u32| self.applied.binary_search(position).is_ok();
        let (applied, rest): (Vec<_>, Vec<_>) =
            self.unknown.iter().partition(|(position, _)| took_effect(position));
        let ids = |ops: Vec<(u32, u64)>| ops.into_iter().map(|(_, id)| id).collect();
        Explained { applied: ids(applied), not_applied: ids(rest) }
    }
}
