//! The balance of each account against what was acknowledged and what was stated.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::{Conclusion, Finding, Severity};
use crate::facts::{Entry, Facts, History};
use crate::model::{AccountId, Amount, Outcome};
use crate::scenario::Expect;

/// One row of the table: an account, what it should hold, what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountVerdict {
    pub account: AccountId,
    pub initial: Option<Amount>,
    /// What the scenario states under `expect.balances`; `None` also where the
    /// run was cut short and so cannot lead there.
    pub stated: Option<Amount>,
    /// What the acknowledged operations add up to.
    pub acknowledged: Option<Reach>,
    /// What the account held when everything was quiet.
    pub actual: Option<Amount>,
    /// `None`: not judged, because nothing is known to compare with.
    pub conclusion: Option<Conclusion>,
}

/// The balances that are possible: one, unless the outcome of an update is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reach {
    pub low: Amount,
    pub high: Amount,
}

/// What was asked of one account, added up.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    acknowledged: i128,
    /// Of updates whose outcome is unknown, apart by sign.
    unknown_up: i128,
    unknown_down: i128,
    /// Updates that were refused or never arrived.
    not_done: u64,
}

/// Judges every account that was stated, read or touched, in their order.
/// `histories`: what the history of each account proves.
pub(super) fn judge(
    expect: &Expect,
    facts: &Facts,
    books: &Books,
    histories: &BTreeMap<AccountId, Conclusion>,
) -> (Vec<AccountVerdict>, Vec<Finding>) {
    let touched = facts.history.accounts().iter().zip(&books.accounts);
    let sums: BTreeMap<&AccountId, Sums> =
        touched.filter_map(|(account, sums)| Some((account, (*sums)?))).collect();
    let accounts: BTreeSet<&AccountId> =
        facts.initial.keys().chain(expect.balances.keys()).chain(sums.keys().copied()).collect();
    let unseen = books.changed_unseen(facts);
    let open_ended = facts.history.open_ended_accounts();
    let mut findings = Vec::new();
    let rows = accounts
        .into_iter()
        .map(|account| {
            let history = histories.get(account).copied();
            let sums = sums.get(account).copied();
            let what = [unseen.contains(&account), open_ended.contains(account)];
            let (mut row, finding) = judge_one(account, sums, what, expect, facts, history);
            findings.extend(finding);
            row.conclusion = row.conclusion.max(row.conclusion.and(history));
            row
        })
        .collect();
    (rows, findings)
}

fn judge_one(
    account: &AccountId,
    sums: Option<Sums>,
    [unseen, open_ended]: [bool; 2],
    expect: &Expect,
    facts: &Facts,
    history: Option<Conclusion>,
) -> (AccountVerdict, Option<Finding>) {
    let initial = facts.initial.get(account).copied();
    let actual = facts.end.get(account).copied();
    // Cut short, a run cannot lead to the balance that was stated.
    let stated = expect.balances.get(account).copied().filter(|_| !facts.cut_short());
    let sums = sums.unwrap_or_default();
    let acknowledged = initial.filter(|_| !unseen).map(|initial| sums.reach(initial));
    let mut row = AccountVerdict {
        account: account.clone(),
        initial,
        stated,
        acknowledged,
        actual,
        conclusion: None,
    };
    let finding = |severity, code, message: String| {
        Some(Finding::new(severity, code, message).about(account))
    };

    if open_ended {
        row.acknowledged = None;
        row.conclusion = Some(Conclusion::Inconclusive);
        let message = format!(
            "account {account}: an operation was never answered, and only its answer would have \
             told by how much it changes the account: any balance is possible"
        );
        return (row, finding(Severity::Inconclusive, "unknown_amount", message));
    }
    if unseen && let (Some(initial), Some(actual)) = (initial, actual) {
        let (conclusion, finding) = changed_unseen(account, initial, actual, stated);
        row.conclusion = Some(conclusion);
        return (row, finding.map(|finding| finding.about(account)));
    }
    let Some(reach) = acknowledged else {
        let message = format!(
            "account {account} is not judged: its balance at the start is not known; name it under `accounts`"
        );
        return (row, finding(Severity::Note, "not_judged", message));
    };
    let Some(actual) = actual else {
        row.conclusion = Some(Conclusion::Inconclusive);
        let message = format!("account {account}: the balance could not be read at the end");
        return (row, finding(Severity::Inconclusive, "unreadable", message));
    };

    if reach.distance(actual) != 0 {
        row.conclusion = Some(Conclusion::Fail);
        return (row, finding(Severity::Fail, "balance", disagreement(account, reach, actual)));
    }
    if !reach.is_exact() && history == Some(Conclusion::Pass) {
        // The answers tell which of the unknown operations took effect.
        let Some(stated) = stated.filter(|stated| *stated != actual) else {
            row.conclusion = Some(Conclusion::Pass);
            return (row, None);
        };
        row.conclusion = Some(Conclusion::Inconclusive);
        let message = format!(
            "account {account}: {stated} was expected, {actual} is there; nothing acknowledged is \
             missing, but not every operation was answered"
        );
        return (row, finding(Severity::Inconclusive, "unanswered", message));
    }
    if !reach.is_exact() {
        row.conclusion = Some(Conclusion::Inconclusive);
        let message = format!(
            "account {account}: {actual} is possible, but so is anything an operation of unknown \
             outcome could have made of it, {} to {}",
            reach.low, reach.high
        );
        return (row, finding(Severity::Inconclusive, "unknown_outcomes", message));
    }
    if let Some(stated) = stated
        && stated != actual
    {
        row.conclusion = Some(Conclusion::Fail);
        let why = match sums.not_done {
            0 => "the operations that ran add up to another balance".to_owned(),
            not_done => format!("{not_done} of its updates were refused or failed"),
        };
        let message = format!(
            "account {account}: {stated} was expected, {actual} is there. Every acknowledged \
             operation is in it: no money is lost, but {why}"
        );
        return (row, finding(Severity::Fail, "stated_balance", message));
    }
    row.conclusion = Some(Conclusion::Pass);
    (row, None)
}

impl Books {
    /// Accounts that changed, and that no operation of the history is about, though
    /// something was sent of which nobody knows what it does.
    pub(super) fn changed_unseen<'a>(&self, facts: &'a Facts) -> Vec<&'a AccountId> {
        if !may_have_been_changed(facts) {
            return Vec::new();
        }
        let touched = facts.history.accounts().iter().zip(&self.accounts);
        let touched: BTreeSet<&AccountId> =
            touched.filter(|(_, sums)| sums.is_some()).map(|(account, _)| account).collect();
        let changed = facts.end.iter().filter(|(account, end)| {
            facts.initial.get(account).is_some_and(|initial| initial != *end)
        });
        changed.map(|(account, _)| account).filter(|account| !touched.contains(account)).collect()
    }
}

/// Whether something was sent of which nobody knows what it does to the accounts.
fn may_have_been_changed(facts: &Facts) -> bool {
    facts.history.entries().len() == 0 || facts.metrics.total().requests_writing > 0
}

/// Of an account that changed, and that no operation of the history is about: only
/// what is stated can be compared.
fn changed_unseen(
    account: &AccountId,
    initial: Amount,
    actual: Amount,
    stated: Option<Amount>,
) -> (Conclusion, Option<Finding>) {
    match stated {
        Some(stated) if stated == actual => (Conclusion::Pass, None),
        Some(stated) => {
            let message = format!("account {account}: {stated} was expected, {actual} is there");
            (Conclusion::Fail, Some(Finding::new(Severity::Fail, "stated_balance", message)))
        }
        None => {
            let message = format!(
                "account {account} went from {initial} to {actual}, and no operation that was \
                 sent declares an `effect` on it, so nothing says what it should hold. Declare \
                 the `effect` of the operations that change it, for example `effect: {{ account: \
                 {account}, delta: -10 }}`; a script changes it by `bank.*` or `operation.NAME`"
            );
            let finding = Finding::new(Severity::Inconclusive, "no_effect", message);
            (Conclusion::Inconclusive, Some(finding))
        }
    }
}

fn disagreement(account: &AccountId, reach: Reach, actual: Amount) -> String {
    let expected = match reach.is_exact() {
        true => reach.low.to_string(),
        false => format!("{} to {}", reach.low, reach.high),
    };
    let off = reach.distance(actual);
    let what = match off < 0 {
        true => format!("{} of acknowledged money is gone", off.unsigned_abs()),
        false => format!("{off} more than was ever acknowledged"),
    };
    format!("account {account}: {expected} by what was acknowledged, {actual} is there: {what}")
}

/// What was asked of each account, added up while the entries go by.
#[derive(Debug)]
pub(super) struct Books {
    /// By the account's position in the history. What was only seen beside others,
    /// in a look at all of them, is nobody's.
    accounts: Vec<Option<Sums>>,
}

impl Books {
    /// `accounts`: how many the history has.
    pub(super) fn new(accounts: usize) -> Self {
        Self { accounts: vec![None; accounts] }
    }

    /// Of a history where operations were tried several times.
    pub(super) fn of_attempts(history: &History) -> Self {
        let mut books = Self::new(history.accounts().len());
        once_each(history.entries()).for_each(|entry| books.see(&entry));
        books
    }

    pub(super) fn see(&mut self, entry: &Entry) {
        for (account, delta) in entry.kind.legs() {
            self.add(*account, delta, entry.outcome);
        }
    }

    fn add(&mut self, account: u32, delta: Amount, outcome: Outcome) {
        self.accounts[account as usize].get_or_insert_default().add(delta, outcome);
    }
}

/// Of several attempts at one logical operation, the one that tells how it
/// ended: acknowledged if any was, else unknown if any is. Without a key every
/// acknowledgement counts, since the service takes each attempt for another operation.
fn once_each(entries: impl Iterator<Item = Entry> + Clone) -> impl Iterator<Item = Entry> {
    // Where it is, and how much it tells.
    let mut telling: HashMap<u64, (usize, u8)> = HashMap::new();
    for (position, entry) in entries.clone().enumerate() {
        let tells = match entry.outcome {
            Outcome::Ok => 2,
            Outcome::Unknown => 1,
            Outcome::Rejected | Outcome::Failed => 0,
        };
        if let Some(attempt) = entry.attempt {
            let best = telling.entry(attempt.operation).or_insert((position, tells));
            if tells > best.1 {
                *best = (position, tells);
            }
        }
    }
    entries.enumerate().filter_map(move |(position, entry)| match entry.attempt {
        Some(attempt) if !attempt.keyed && entry.outcome == Outcome::Ok => Some(entry),
        Some(attempt) if telling.get(&attempt.operation).map(|best| best.0) != Some(position) => {
            None
        }
        _ => Some(entry),
    })
}

impl Sums {
    fn add(&mut self, delta: Amount, outcome: Outcome) {
        let delta = i128::from(delta);
        match outcome {
            Outcome::Ok => self.acknowledged += delta,
            Outcome::Unknown if delta > 0 => self.unknown_up += delta,
            Outcome::Unknown => self.unknown_down += delta,
            Outcome::Rejected | Outcome::Failed => self.not_done += u64::from(delta != 0),
        }
    }

    fn reach(&self, initial: Amount) -> Reach {
        let certain = i128::from(initial) + self.acknowledged;
        Reach { low: clamp(certain + self.unknown_down), high: clamp(certain + self.unknown_up) }
    }
}

impl AccountVerdict {
    /// The one balance or the range the account should hold: as stated, unless
    /// what was acknowledged contradicts or unknown outcomes leave it open.
    pub fn expected(&self) -> Option<Reach> {
        let exactly = |balance| Reach { low: balance, high: balance };
        match (self.acknowledged, self.stated) {
            (Some(reach), Some(_)) if !reach.is_exact() => Some(reach),
            (_, Some(stated)) => Some(exactly(stated)),
            (reach, None) => reach,
        }
    }

    /// How far the actual balance lies from [`expected`](Self::expected).
    pub fn difference(&self) -> Option<Amount> {
        Some(self.expected()?.distance(self.actual?))
    }
}

impl Reach {
    pub fn is_exact(&self) -> bool {
        self.low == self.high
    }

    /// How far `balance` lies outside; negative below.
    pub(super) fn distance(&self, balance: Amount) -> Amount {
        if balance < self.low {
            balance.saturating_sub(self.low)
        } else if balance > self.high {
            balance.saturating_sub(self.high)
        } else {
            0
        }
    }
}

fn clamp(amount: i128) -> Amount {
    Amount::try_from(amount).unwrap_or(if amount < 0 { Amount::MIN } else { Amount::MAX })
}
