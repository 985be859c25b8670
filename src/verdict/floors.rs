//! How far down each account may go: as stated, or as far as it shows.
//!
//! A refusal for lack of funds means that an account has a floor. Unless the scenario
//! states one it is taken to be 0, for that account alone, and only as long as nothing
//! that was acknowledged goes below it: services with credit lines refuse as well.

use super::checker::{Floors, Report};
use super::subject::Subject;
use super::survey::Limits;
use super::{Conclusion, Finding, Severity, list};
use crate::facts::Facts;
use crate::model::{AccountId, Amount};
use crate::scenario::Expect;

/// Of the accounts that are judged, in the order of [`Subject::accounts`].
#[derive(Clone, Debug)]
pub(super) struct AccountFloors(Vec<AccountFloor>);

#[derive(Clone, Copy, Debug)]
struct AccountFloor {
    kind: FloorKind,
    refusals: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FloorKind {
    Stated(Amount),
    /// It refused, and shows no balance below 0.
    Inferred,
    /// The scenario states that it has none that is known.
    Free,
    /// It shows balances below 0, or never refused.
    Unknown,
}

impl AccountFloors {
    /// `limits`: those of [`History::accounts`](crate::facts::History::accounts).
    pub(super) fn of(
        expect: &Expect,
        facts: &Facts,
        subject: &Subject<'_>,
        limits: &[Limits],
    ) -> Self {
        let mut found: Vec<Limits> = vec![Limits::default(); subject.accounts.len()];
        for (account, limits) in facts.history.accounts().iter().zip(limits) {
            if let Ok(place) = subject.accounts.binary_search(account) {
                found[place] = *limits;
            }
        }
        let floor = |(account, limits): (&AccountId, &Limits)| {
            let ends = [facts.initial.get(account), facts.end.get(account)];
            let goes_below =
                ends.into_iter().flatten().copied().chain(limits.lowest).any(|lowest| lowest < 0);
            let kind = match stated(expect, account) {
                Some(floor) => FloorKind::Stated(floor),
                None if expect.non_negative == Some(false) => FloorKind::Free,
                None if limits.refusals > 0 && !goes_below => FloorKind::Inferred,
                None => FloorKind::Unknown,
            };
            AccountFloor { kind, refusals: limits.refusals }
        };
        Self(subject.accounts.iter().zip(&found).map(floor).collect())
    }

    pub(super) fn floors(&self) -> Floors {
        Floors::new(self.0.iter().map(|floor| match floor.kind {
            FloorKind::Stated(floor) => Some(floor),
            FloorKind::Inferred => Some(0),
            FloorKind::Free | FloorKind::Unknown => None,
        }))
    }

    /// Without the floors that were inferred for accounts of components that fail.
    /// `None`: there are none.
    pub(super) fn without_those_of_fails(&self, report: &Report) -> Option<Self> {
        let fails = report.components.iter().filter(|part| part.conclusion == Conclusion::Fail);
        let mut without = self.clone();
        let mut any = false;
        for account in fails.flat_map(|part| &part.accounts) {
            let floor = &mut without.0[*account as usize];
            if floor.kind == FloorKind::Inferred {
                floor.kind = FloorKind::Unknown;
                any = true;
            }
        }
        any.then_some(without)
    }

    /// What was inferred, and what could not be.
    pub(super) fn findings(&self, subject: &Subject<'_>) -> Vec<Finding> {
        let of = |kind: FloorKind| {
            let floors = subject.accounts.iter().zip(&self.0);
            let own = floors.filter(move |(_, floor)| floor.kind == kind && floor.refusals > 0);
            own.map(|(account, floor)| (account, floor.refusals)).collect::<Vec<_>>()
        };
        let inferred = of(FloorKind::Inferred);
        let [free, unknown] = [FloorKind::Free, FloorKind::Unknown].map(of);
        let mut findings = Vec::new();
        if !inferred.is_empty() {
            let message = format!(
                "{} refused operations, which is taken to mean that a balance below 0 is not \
                 allowed there; state otherwise with a `minimum` for the account, or with \
                 `expect: {{ non_negative: false }}`",
                accounts(&inferred)
            );
            findings.push(Finding::new(Severity::Note, "floor_inferred", message));
        }
        if !unknown.is_empty() {
            let message = format!(
                "{} of {} not judged: the balance went below 0, so how far down it may go is not \
                 known; state a `minimum` for the account",
                refusals(&unknown),
                accounts(&unknown)
            );
            findings.push(Finding::new(Severity::Note, "floor_unknown", message));
        }
        if !free.is_empty() {
            let message = format!(
                "{} of {} not judged: with `non_negative: false` nothing says how far down a \
                 balance may go; state a `minimum` for the account",
                refusals(&free),
                accounts(&free)
            );
            findings.push(Finding::new(Severity::Note, "floor_unknown", message));
        }
        findings
    }

    /// Refusals about which nothing is known to judge them by.
    pub(super) fn refusals_not_judged(&self) -> u64 {
        let open = |floor: &&AccountFloor| match floor.kind {
            FloorKind::Free | FloorKind::Unknown => true,
            FloorKind::Stated(_) | FloorKind::Inferred => false,
        };
        self.0.iter().filter(open).map(|floor| floor.refusals).sum()
    }
}

/// The floor that the scenario states for the account.
fn stated(expect: &Expect, account: &AccountId) -> Option<Amount> {
    let own = expect.minimum.get(account).copied();
    own.or_else(|| (expect.non_negative == Some(true)).then_some(0))
}

/// A balance below its floor, at the end or in any answer on the way; the lowest one
/// of those that fail, else of those that are odd.
pub(super) fn below(expect: &Expect, facts: &Facts, limits: &[Limits]) -> Option<Finding> {
    let at_the_end = facts.end.iter().map(|(account, balance)| (account, *balance));
    let on_the_way = facts.history.accounts().iter().zip(limits);
    let on_the_way = on_the_way.filter_map(|(account, limits)| Some((account, limits.lowest?)));
    let mut worst: Option<(Severity, Amount, &AccountId, Amount)> = None;
    for (account, balance) in at_the_end.chain(on_the_way) {
        let severity = match stated(expect, account) {
            Some(floor) if balance < floor => Severity::Fail,
            None if balance < 0 && expect.non_negative.is_none() => Severity::Warning,
            Some(_) | None => continue,
        };
        let floor = stated(expect, account).unwrap_or(0);
        let far = floor.saturating_sub(balance);
        if worst.is_none_or(|(other, so_far, ..)| (severity, far) > (other, so_far)) {
            worst = Some((severity, far, account, balance));
        }
    }
    let (severity, _, account, balance) = worst?;
    let message = match (stated(expect, account), expect.minimum.contains_key(account)) {
        (Some(floor), true) => {
            format!("account {account} went down to {balance}, below its minimum of {floor}")
        }
        (Some(_), false) => {
            format!("account {account} went down to {balance}: more was taken than was there")
        }
        (None, _) => format!(
            "account {account} went down to {balance}; if it may not, state `expect: {{ \
             non_negative: true }}`, else its `minimum`"
        ),
    };
    Some(Finding::new(severity, "overdraft", message).about(account))
}

fn accounts(found: &[(&AccountId, u64)]) -> String {
    let names: Vec<String> = found.iter().map(|(account, _)| account.to_string()).collect();
    let word = if names.len() == 1 { "account" } else { "accounts" };
    format!("{word} {}", list(&names))
}

fn refusals(found: &[(&AccountId, u64)]) -> String {
    match found.iter().map(|(_, count)| count).sum::<u64>() {
        1 => "1 refusal".to_owned(),
        many => format!("{many} refusals"),
    }
}
