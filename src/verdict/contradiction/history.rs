//! Contradictions in a history: where it makes no sense as the file has it, and
//! every answer and balance makes sense under another reading of one operation or
//! of all of them, the file is wrong, not the service.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::pattern::{Change, Ratio, Told};
use super::{elsewhere, solo};
use crate::facts::History;
use crate::model::AccountId;
use crate::verdict::checker::{Floors, Kind, Op, Options, Outcome, Problem, check};
use crate::verdict::subject::Subject;
use crate::verdict::{Conclusion, Finding, Severity};

/// The code of the finding.
const CODE: &str = "contradicts_file";
/// Names of operations that are looked at one by one, beside all together.
const NAMES: usize = 6;
/// Operations of one name, at the least, for what one odd answer could also be.
const SEVERAL: usize = 3;
/// Balances that were answered last; one of them was the last of all.
const LAST: usize = 256;
/// Readings of one kind that are tried.
const FEW: usize = 8;
/// Larger histories are looked at by their solo operations alone.
const LARGEST: usize = 300_000;
/// Steps a search may take under each reading.
const BUDGET: u64 = 200_000;

/// What a history says of its scenario file.
#[derive(Debug, Default)]
pub(in crate::verdict) struct Contradicted {
    pub(in crate::verdict) findings: Vec<Finding>,
    /// Accounts of which nothing can be known: operations that contradict the file
    /// touched them.
    pub(in crate::verdict) accounts: BTreeSet<AccountId>,
}

/// Another reading of some operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Other {
    /// `None`: of all of them.
    pub(super) name: Option<String>,
    pub(super) change: Change,
    pub(super) told: Told,
}

/// A history with the names of its operations.
pub(super) struct Named<'a> {
    pub(super) problem: &'a Problem,
    pub(super) names: HashMap<u64, &'a str>,
}

/// Asks whether the file is wrong, of a history that makes no sense.
pub(in crate::verdict) fn look(
    subject: &Subject<'_>,
    history: &History,
    problem: &Problem,
) -> Contradicted {
    let names = history.entries();
    let names = names.filter_map(|entry| Some((entry.index, history.name(&entry)?))).collect();
    let named = Named { problem, names };
    let Some((accounts, words)) = named.contradiction(|account| subject.name(account)) else {
        return Contradicted::default();
    };
    let accounts = accounts.iter().filter_map(|account| subject.accounts.get(*account as usize));
    let message = format!("the answers contradict the scenario file: {words}");
    Contradicted {
        findings: vec![Finding::new(Severity::Inconclusive, CODE, message)],
        accounts: accounts.cloned().collect(),
    }
}

impl<'a> Named<'a> {
    /// The accounts of which the file is wrong, and what is wrong with it.
    fn contradiction(&self, account: impl Fn(u32) -> String) -> Option<(Vec<u32>, String)> {
        let as_it_is = Other { name: None, change: Change::AsStated, told: Told::After };
        // It is about refusals, or about money that was not there.
        if self.explains(&as_it_is) {
            return None;
        }
        if let Some(found) = elsewhere::pattern(self.problem, &account) {
            return Some(found);
        }
        let candidates = match self.problem.ops.len() {
            0..=LARGEST => self.candidates(&account),
            _ => Vec::new(),
        };
        let found = candidates
            .into_iter()
            .find(|other| self.explains(other))
            .map(|other| (self.words(&other), other.name))
            .or_else(|| solo::pattern(self));
        let (words, name) = found?;
        let touched: BTreeSet<u32> =
            self.ops(name.as_deref()).flat_map(|op| op.kind.accounts()).collect();
        Some((touched.into_iter().collect(), words))
    }

    pub(super) fn name(&self, op: &Op) -> &'a str {
        self.names.get(&op.id).copied().unwrap_or_default()
    }

    /// What a sentence calls the operations of that name, or all.
    pub(super) fn called(&self, name: Option<&str>) -> String {
        let names: BTreeSet<&str> =
            self.ops(None).filter(|op| op.is_update()).map(|op| self.name(op)).collect();
        match (name, names.first()) {
            (Some(name), _) => format!("`{name}`"),
            (None, Some(only)) if names.len() == 1 && !only.is_empty() => format!("`{only}`"),
            (None, _) => "every operation".to_owned(),
        }
    }

    /// Updates and reads of that name, or all.
    fn ops(&self, name: Option<&str>) -> impl Iterator<Item = &'a Op> {
        let ops = self.problem.ops.iter();
        ops.filter(move |op| name.is_none_or(|name| self.name(op) == name))
    }

    /// The names of acknowledged updates, where there are several but few.
    fn several_names(&self) -> Vec<&'a str> {
        let acknowledged =
            self.problem.ops.iter().filter(|op| op.is_update() && op.outcome == Outcome::Ok);
        let names: BTreeSet<&str> = acknowledged.map(|op| self.name(op)).collect();
        if (2..=NAMES).contains(&names.len()) { names.into_iter().collect() } else { Vec::new() }
    }

    /// Other readings, the likeliest first: of all operations, then of each name.
    fn candidates(&self, account: impl Fn(u32) -> String) -> Vec<Other> {
        let names = self.several_names().into_iter().map(Some);
        let mut candidates = Vec::new();
        for name in std::iter::once(None).chain(names) {
            let acknowledged = self
                .ops(name)
                .filter(|op| op.is_update() && op.outcome == Outcome::Ok)
                .flat_map(|op| op.kind.legs());
            let (mut legs, mut answered) = (0, 0);
            for leg in acknowledged {
                legs += 1;
                answered += usize::from(leg.balance.is_some());
            }
            if legs == 0 {
                continue;
            }
            let mut add = |change, told| {
                candidates.push(Other { name: name.map(str::to_owned), change, told });
            };
            // Nothing that goes wrong turns a sign round.
            if answered * 2 > legs || self.goes_one_way() {
                add(Change::Reversed, Told::After);
            }
            let units = [Ratio::new(100, 1), Ratio::new(1, 100)].into_iter().flatten();
            let units: Vec<Ratio> = units.collect();
            // Of one name among several, a single odd answer is an anomaly.
            if answered == 0 || (name.is_some() && legs < SEVERAL) {
                if answered == 0 {
                    add(Change::Times(units[0]), Told::After);
                }
                continue;
            }
            add(Change::AsStated, Told::Before);
            add(Change::Reversed, Told::Before);
            add(Change::AsStated, Told::Amount);
            if let Some(other) = self.always_that_of_another(name) {
                add(Change::AsStated, Told::Of(AccountId::new(account(other))));
            }
            for unit in &units {
                add(Change::Times(*unit), Told::After);
                add(Change::AsStated, Told::Times(*unit));
            }
            // A single operation could be any pattern.
            if answered == legs && legs >= SEVERAL {
                for change in self.changes_by_the_end(name) {
                    add(change, Told::After);
                }
                for more in self.offsets_at_the_end(name) {
                    add(Change::AsStated, Told::Plus(more));
                }
            }
        }
        candidates
    }

    /// The account that holds, from the start to the end, what all answers tell.
    fn always_that_of_another(&self, name: Option<&str>) -> Option<u32> {
        let mut legs = self
            .ops(name)
            .filter(|op| op.outcome == Outcome::Ok)
            .flat_map(|op| op.kind.legs())
            .filter_map(|leg| Some((leg.account, leg.balance?)));
        let (own, told) = legs.next()?;
        let (mut count, mut is_same) = (1, true);
        for (account, balance) in legs {
            count += 1;
            is_same &= account == own && balance == told;
        }
        let holds = |account: &u32| {
            let account = *account as usize;
            self.problem.initial[account] == told && self.problem.end[account] == Some(told)
        };
        let others = 0..u32::try_from(self.problem.initial.len()).ok()?;
        others.filter(|other| *other != own).find(holds).filter(|_| is_same && count >= SEVERAL)
    }

    /// Whether all that was asked for goes the same way.
    fn goes_one_way(&self) -> bool {
        let legs = || self.problem.ops.iter().flat_map(|op| op.kind.legs());
        legs().all(|leg| leg.delta > 0) || legs().all(|leg| leg.delta < 0)
    }

    /// So many times, or so much more each time, as leads to the balance that an
    /// account ended with.
    fn changes_by_the_end(&self, name: Option<&str>) -> Vec<Change> {
        let mut sums: BTreeMap<u32, (i128, i128, i128)> = BTreeMap::new();
        for op in self.problem.ops.iter().filter(|op| op.outcome == Outcome::Ok) {
            let is_it = name.is_none_or(|name| self.name(op) == name);
            for leg in op.kind.legs() {
                let (own, count, others) = sums.entry(leg.account).or_default();
                if is_it {
                    *own += i128::from(leg.delta);
                    *count += 1;
                } else {
                    *others += i128::from(leg.delta);
                }
            }
        }
        let account = sums.into_iter().find(|(_, (_, count, _))| *count > 0);
        let Some((account, (own, count, others))) = account else { return Vec::new() };
        let account = account as usize;
        let Some(end) = self.problem.end[account] else { return Vec::new() };
        let added = i128::from(end) - i128::from(self.problem.initial[account]) - others;
        let times = Ratio::new(added, own).filter(|ratio| ratio.num != ratio.den);
        let times = times.map(Change::Times);
        let off = added - own;
        let plus = (off % count == 0 && off != 0).then(|| Change::Plus(off / count));
        times.into_iter().chain(plus).collect()
    }

    /// What the last answers told more than an account ended with, where some
    /// answer told as much more than the first operation leads to.
    fn offsets_at_the_end(&self, name: Option<&str>) -> Vec<i128> {
        let told = |op: &Op| {
            let leg = op.kind.legs().find(|leg| leg.balance.is_some())?;
            let account = leg.account as usize;
            let (balance, end) = (i128::from(leg.balance?), self.problem.end[account]?);
            let first = i128::from(self.problem.initial[account]) + i128::from(leg.delta);
            Some((op.completed, balance - i128::from(end), balance - first))
        };
        let ops = self.ops(name).filter(|op| op.outcome == Outcome::Ok);
        let mut last: Vec<(u64, i128, i128)> = ops.filter_map(told).collect();
        let firsts: BTreeSet<i128> = last.iter().map(|(_, _, first)| *first).collect();
        last.sort_unstable_by_key(|(completed, ..)| std::cmp::Reverse(*completed));
        let offsets: BTreeSet<i128> = last.iter().take(LAST).map(|(_, off, _)| *off).collect();
        offsets.into_iter().filter(|off| *off != 0 && firsts.contains(off)).take(FEW).collect()
    }

    /// Whether all that the operations touch makes sense under the other reading.
    fn explains(&self, other: &Other) -> bool {
        let touched: BTreeSet<u32> =
            self.ops(other.name.as_deref()).flat_map(|op| op.kind.accounts()).collect();
        let Some(problem) = self.read(other) else { return false };
        if !leads_to_its_end(&problem) {
            return false;
        }
        let options = Options { budget: BUDGET, require_linearizable: false, strict: false };
        let report = check(&problem, &options);
        report.crashed.is_none()
            && report
                .components
                .iter()
                .filter(|component| component.accounts.iter().any(|one| touched.contains(one)))
                .all(|component| component.conclusion == Conclusion::Pass)
    }

    /// The history under the other reading. `None`: some number would not be one.
    fn read(&self, other: &Other) -> Option<Problem> {
        let ops = self.problem.ops.iter().map(|op| {
            // What is refused under one reading has no meaning under another.
            if op.outcome == Outcome::Rejected {
                return Some(Op { outcome: Outcome::Failed, ..op.clone() });
            }
            match other.name.as_deref().is_none_or(|name| self.name(op) == name) {
                true => Some(Op { kind: other.kind(&op.kind)?, ..op.clone() }),
                false => Some(op.clone()),
            }
        });
        let ops = ops.collect::<Option<Vec<Op>>>()?;
        Some(Problem { ops, floors: Floors::default(), ..self.problem.clone() })
    }

    fn words(&self, other: &Other) -> String {
        let what = self.called(other.name.as_deref());
        format!(
            "every answer and every balance makes sense if {}",
            words(&what, &other.change, &other.told)
        )
    }
}

/// What the file has to say, given what happens: `the sign of ... . Turn it round`.
pub(super) fn words(what: &str, change: &Change, told: &Told) -> String {
    let change = match change {
        Change::AsStated => None,
        Change::Nothing => Some(format!("{what} changes nothing")),
        Change::Reversed => Some(format!("`delta` of {what} has the other sign")),
        Change::Times(ratio) => Some(format!("{what} adds {ratio} what its `delta` says")),
        Change::Plus(more) => {
            Some(format!("what {what} adds is off its `delta` by {more:+}, each time"))
        }
    };
    let told = match told {
        Told::After => None,
        Told::Before => {
            Some(format!("{what} answers with the balance before the operation, not after it"))
        }
        Told::Amount => {
            Some(format!("{what} answers with the amount that was moved, not with a balance"))
        }
        Told::Times(ratio) => Some(format!(
            "{what} answers with {ratio} the balance that `read` finds (another unit?)"
        )),
        Told::Plus(more) => Some(format!(
            "what {what} answers is off the balance that `read` finds by {more:+}, each time"
        )),
        Told::Of(account) => Some(format!("{what} answers with the balance of account {account}")),
    };
    let mend = match &told {
        None => "State in `delta` what the request adds",
        Some(_) => {
            "Name in `balance` the place of the balance after the operation, or leave it out"
        }
    };
    let all: Vec<String> = change.into_iter().chain(told).collect();
    format!("{}. {mend}", all.join(", and "))
}

/// Whether what was acknowledged can lead to the balances at the end. It costs
/// little to ask.
fn leads_to_its_end(problem: &Problem) -> bool {
    let start = |start: &i64| (i128::from(*start), i128::from(*start));
    let mut reach: Vec<(i128, i128)> = problem.initial.iter().map(start).collect();
    for op in &problem.ops {
        for leg in op.kind.legs() {
            let (low, high) = &mut reach[leg.account as usize];
            let delta = i128::from(leg.delta);
            match op.outcome {
                Outcome::Ok => {
                    *low += delta;
                    *high += delta;
                }
                Outcome::Info => {
                    *low += delta.min(0);
                    *high += delta.max(0);
                }
                Outcome::Rejected | Outcome::Failed => {}
            }
        }
    }
    let mut ends = reach.iter().zip(&problem.end);
    ends.all(|((low, high), end)| end.is_none_or(|end| (*low..=*high).contains(&end.into())))
}

impl Other {
    fn kind(&self, kind: &Kind) -> Option<Kind> {
        let amount = |value: i128| i64::try_from(value).ok();
        Some(match *kind {
            Kind::Update { account, delta, balance } => {
                let delta = self.change.of(delta.into())?;
                let balance = self.balance(delta, balance)?;
                Kind::Update { account, delta: amount(delta)?, balance }
            }
            Kind::Transfer { from, to, amount: moved, from_balance, to_balance } => {
                let moved = self.change.of(moved.into())?;
                let from_balance = self.balance(-moved, from_balance)?;
                let to_balance = self.balance(moved, to_balance)?;
                let size = amount(moved.abs())?;
                match moved < 0 {
                    true => Kind::Transfer {
                        from: to,
                        to: from,
                        amount: size,
                        from_balance: to_balance,
                        to_balance: from_balance,
                    },
                    false => Kind::Transfer { from, to, amount: size, from_balance, to_balance },
                }
            }
            Kind::Read { account, balance } => match self.told {
                Told::Times(_) | Told::Plus(_) => {
                    Kind::Read { account, balance: self.balance(0, Some(balance))?? }
                }
                Told::After | Told::Before | Told::Amount | Told::Of(_) => kind.clone(),
            },
            Kind::Snapshot { .. } => kind.clone(),
        })
    }

    /// The balance after the operation that this answer stands for. The outer
    /// `None`: it can stand for none.
    fn balance(&self, delta: i128, told: Option<i64>) -> Option<Option<i64>> {
        let Some(told) = told else { return Some(None) };
        let told = i128::from(told);
        let after = match &self.told {
            Told::After => told,
            Told::Before => told + delta,
            Told::Amount if told.abs() == delta.abs() => return Some(None),
            Told::Amount => return None,
            Told::Of(_) => return Some(None),
            Told::Times(ratio) => ratio.inverse()?.of(told)?,
            Told::Plus(more) => told - more,
        };
        i64::try_from(after).ok().map(Some)
    }
}
