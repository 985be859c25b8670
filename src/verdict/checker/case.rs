//! One component, from its operations to its report.

use std::collections::HashMap;

use super::components::Component;
use super::euler;
use super::model::{Outcome, Problem};
use super::naming;
use super::proof;
use super::refute;
use super::report::{Answer, Certificate, ComponentReport, Explained, Options, Stats};
use super::rounds::Found;
use super::rules::{Role, Room, preserves, role};
use super::search::Search;
use super::stuck::Stuck;
use super::told::{Told, acknowledged};
use super::trail::Trail;
use crate::verdict::Conclusion;

/// What the first search may spend before the exact checks are asked.
const FIRST_TRY: u64 = 2_000;

pub(super) struct Case<'a> {
    pub(super) problem: &'a Problem,
    pub(super) accounts: &'a [u32],
    pub(super) ops: &'a [u32],
    /// One for each account, in the same order.
    pub(super) trails: Vec<Trail>,
    certificates: Vec<Certificate>,
    stuck: Option<Stuck>,
    steps: u64,
}

/// `state`: the initial balances of all accounts; those of the component are
/// used up.
pub(super) fn judge(
    problem: &Problem,
    component: &Component,
    state: &mut [i64],
    options: &Options,
) -> ComponentReport {
    let (accounts, ops) = (&component.accounts[..], &component.ops[..]);
    let mut room = Room::default();
    ops.iter().for_each(|position| room.see(&problem.ops[*position as usize]));
    let fits = room.is_enough(accounts, &problem.initial, &problem.end);
    let mut report = blank(problem, component);
    report.too_large = !fits;
    let order = if fits { proof::order(problem, accounts, ops, state) } else { None };
    if let Some(order) = order.filter(|order| keeps_refusals_first(problem, order)) {
        (report.serializable, report.linearizable) = (Answer::Holds, Answer::Holds);
        report.sums_only = sums_only(problem, ops);
        report.explained = explained(problem, ops, &order);
        report.stats.steps = order.len() as u64;
        report.certificates.push(Certificate::Order { real_time: true, order });
    } else if fits {
        let mut case = Case::new(problem, accounts, ops);
        (report.serializable, report.linearizable) = case.answers(options.budget);
        (report.anomalies, report.more_anomalies) =
            naming::anomalies(&case, &case.certificates, case.stuck.as_ref(), options.budget);
        report.sums_only = sums_only(problem, ops);
        report.explained = case.explained();
        report.stats.steps = case.steps;
        report.certificates = case.certificates;
    }
    report.conclusion = conclude(&report, options);
    report
}

/// The report of a component of which nothing is known yet.
pub(super) fn blank(problem: &Problem, component: &Component) -> ComponentReport {
    let mut stats = Stats::default();
    component.ops.iter().for_each(|position| stats.count(problem.ops[*position as usize].outcome));
    ComponentReport::blank(component.accounts.clone(), &problem.end, stats)
}

pub(super) fn conclude(report: &ComponentReport, options: &Options) -> Conclusion {
    let guessed = report.explained.applied.len() + report.explained.not_applied.len() > 0;
    let both = report.serializable.and(report.linearizable);
    if both == Answer::Refuted {
        Conclusion::Fail
    } else if report.serializable == Answer::Unknown
        || report.end_unknown
        || (options.require_linearizable && both == Answer::Unknown)
        || (guessed && (options.strict || report.sums_only))
    {
        Conclusion::Inconclusive
    } else {
        Conclusion::Pass
    }
}

impl<'a> Case<'a> {
    pub(super) fn new(problem: &'a Problem, accounts: &'a [u32], ops: &'a [u32]) -> Self {
        let trails = match accounts {
            [account] => vec![Trail::new(problem, *account, ops)],
            _ => trails(problem, accounts, ops),
        };
        Self { problem, accounts, ops, trails, certificates: Vec::new(), stuck: None, steps: 0 }
    }

    pub(super) fn trail(&self, account: u32) -> Option<&Trail> {
        let place = self.trails.binary_search_by_key(&account, |trail| trail.account).ok()?;
        self.trails.get(place)
    }

    /// Serializable, linearizable.
    pub(super) fn answers(&mut self, budget: u64) -> (Answer, Answer) {
        let refuted = (Answer::Refuted, Answer::Refuted);
        for trail in &self.trails {
            self.certificates.extend(refute::by_trail(self.problem, trail));
        }
        self.certificates.extend(refute::by_total(self.problem, self.accounts, self.ops));
        if !self.certificates.is_empty() {
            return refuted;
        }
        let mut linearizable = self.search(true, budget.min(FIRST_TRY));
        if linearizable == Answer::Holds {
            return (Answer::Holds, Answer::Holds);
        }
        let serial = self.walk_all();
        if serial == Some(Answer::Refuted) {
            return refuted;
        }
        if linearizable == Answer::Unknown && budget > FIRST_TRY {
            linearizable = self.search(true, budget);
        }
        if linearizable == Answer::Holds {
            self.certificates.retain(|c| matches!(c, Certificate::Order { real_time: true, .. }));
            return (Answer::Holds, Answer::Holds);
        }
        let serializable = serial.unwrap_or_else(|| self.search(false, budget));
        if serializable == Answer::Refuted {
            self.certificates.retain(|c| *c == Certificate::Exhausted { real_time: false });
            return refuted;
        }
        (serializable, linearizable)
    }

    fn search(&mut self, real_time: bool, budget: u64) -> Answer {
        let outcome = Search::new(self.problem, self.accounts, self.ops, real_time, budget).run();
        self.steps += outcome.steps;
        match outcome.found {
            Found::Order(order) => {
                self.certificates.push(Certificate::Order { real_time, order });
                Answer::Holds
            }
            Found::Exhausted => {
                self.stuck = outcome.stuck;
                self.certificates.push(Certificate::Exhausted { real_time });
                Answer::Refuted
            }
            Found::OutOfBudget => Answer::Unknown,
        }
    }

    /// The exact answer where the place of every update is known; for accounts
    /// that are joined only a refutation is one.
    fn walk_all(&mut self) -> Option<Answer> {
        let mut found = Vec::new();
        let mut lookers: Vec<(u32, u32)> = Vec::new();
        for position in self.ops {
            let op = &self.problem.ops[*position as usize];
            if role(op, &self.problem.floors) == Role::Required && preserves(op) {
                lookers.extend(op.kind.accounts().map(|account| (account, *position)));
            }
        }
        lookers.sort_unstable();
        for trail in self.trails.iter().filter(|trail| trail.floating() == 0) {
            let start = lookers.partition_point(|(account, _)| *account < trail.account);
            let own = lookers[start..].iter().take_while(|(account, _)| *account == trail.account);
            let walk = euler::walk(trail);
            found.extend(refute::by_reach(self.problem, trail, &walk, own.map(|(_, op)| *op)));
        }
        if !found.is_empty() {
            self.certificates = found;
            return Some(Answer::Refuted);
        }
        let [trail] = &self.trails[..] else { return None };
        if trail.floating() > 0 || !self.problem.refused_first.is_empty() {
            return None;
        }
        let order = euler::order(self.problem, trail, &euler::walk(trail), self.ops).ok()?;
        self.certificates.push(Certificate::Order { real_time: false, order });
        Some(Answer::Holds)
    }

    fn explained(&self) -> Explained {
        let order = self.certificates.iter().find_map(|certificate| match certificate {
            Certificate::Order { order, .. } => Some(order),
            _ => None,
        });
        order.map_or_else(Explained::default, |order| explained(self.problem, self.ops, order))
    }
}

/// Whether no operation of the order is in effect before a refusal of it. Those that
/// find orders on the way do not look.
pub(super) fn keeps_refusals_first(problem: &Problem, order: &[u32]) -> bool {
    if problem.refused_first.is_empty() {
        return true;
    }
    let places: HashMap<u32, usize> = order.iter().copied().zip(0..).collect();
    problem.refused_first.iter().all(|(operation, refusal)| {
        let (operation, refusal) = (places.get(operation), places.get(refusal));
        operation.is_none_or(|place| refusal.is_none_or(|refusal| refusal < place))
    })
}

/// The choice of unknown outcomes that an order makes.
fn explained(problem: &Problem, ops: &[u32], order: &[u32]) -> Explained {
    let unknown = |position: &&u32| problem.ops[**position as usize].outcome == Outcome::Info;
    let mut applied: Vec<u32> = order.iter().filter(unknown).copied().collect();
    applied.sort_unstable();
    let id = |position: &u32| problem.ops[*position as usize].id;
    let optional = |position: &&u32| {
        role(&problem.ops[**position as usize], &problem.floors) == Role::Optional
    };
    let rest = ops.iter().filter(optional).filter(|p| applied.binary_search(p).is_err());
    Explained { applied: applied.iter().map(id).collect(), not_applied: rest.map(id).collect() }
}

/// Whether there is an account that no acknowledged update told a balance of.
fn sums_only(problem: &Problem, ops: &[u32]) -> bool {
    let mut told: HashMap<u32, Told> = HashMap::new();
    for op in ops.iter().map(|position| &problem.ops[*position as usize]) {
        for leg in acknowledged(op) {
            told.entry(leg.account).or_default().see(&leg);
        }
    }
    told.into_values().any(Told::is_silent)
}

fn trails(problem: &Problem, accounts: &[u32], ops: &[u32]) -> Vec<Trail> {
    let mut legs: Vec<(u32, u32)> = Vec::new();
    for position in ops {
        let accounts = problem.ops[*position as usize].kind.legs().map(|leg| leg.account);
        legs.extend(accounts.map(|account| (account, *position)));
    }
    legs.sort_unstable();
    let of = |account: &u32| {
        let start = legs.partition_point(|(a, _)| a < account);
        let own = legs[start..].iter().take_while(|(a, _)| a == account);
        let own: Vec<u32> = own.map(|(_, position)| *position).collect();
        Trail::new(problem, *account, &own)
    };
    accounts.iter().map(of).collect()
}
