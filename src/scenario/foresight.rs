//! What can be said of a plan before it runs: whether its accounts exist,
//! whether its money fits into the numbers, whether it can end as expected.

use std::collections::{BTreeMap, HashSet};

use crate::model::{AccountId, Amount};

use super::executor::Executor;
use super::expect::Balances;
use super::fields::Fields;
use super::position::Spot;
use super::reader::Reader;
use super::service::{Balances as Listed, ReadRule};
use super::types::{Action, Body, Expect, Selection, Workload};
use super::wording::{quoted, shortened};
use super::workloads::Placed;

/// A look at all accounts needs a request that reads them all.
pub(super) fn check_looks(rule: &ReadRule, reader: &mut Reader) {
    if !matches!(rule.balances, Listed::One(_)) {
        return;
    }
    for spot in std::mem::take(&mut reader.looks) {
        let message = "`read` of this file reads one account at a time";
        let hint = "use `balance: ACCOUNT`, or let `read` find all of them (`balances`)".to_owned();
        reader.report(spot, message, hint);
    }
}

/// Once `accounts` is given it names all there are.
pub(super) fn check_accounts(accounts: &Balances<'_>, reader: &mut Reader) {
    let mut seen = HashSet::new();
    for (account, spot) in std::mem::take(&mut reader.used) {
        if accounts.amounts.contains_key(&account) || !seen.insert(account.clone()) {
            continue;
        }
        let names = accounts.amounts.keys().map(AccountId::as_str);
        let hint =
            reader.did_you_mean(account.as_str(), names).unwrap_or_else(|| some_of(accounts));
        let message = format!("account {} is not among `accounts`", quoted(account.as_str()));
        reader.report(spot, message, hint);
    }
}

fn some_of(accounts: &Balances<'_>) -> String {
    const SHOWN: usize = 8;
    let names = accounts.amounts.keys().take(SHOWN).map(|account| shortened(account.as_str()));
    let names: Vec<String> = names.collect();
    let more = accounts.amounts.len().saturating_sub(SHOWN);
    match more {
        0 => format!("the accounts are {}", names.join(", ")),
        _ => format!("the accounts are {} and {more} more", names.join(", ")),
    }
}

/// What the plan does to one account.
#[derive(Clone, Copy, Debug, Default)]
struct Movement {
    /// The most that can come in.
    deposits: i128,
    /// The most that can go out.
    withdrawals: i128,
    /// All of it together, when everything is done and nothing refused.
    change: i128,
}

pub(super) fn look_ahead(
    fields: &Fields<'_>,
    accounts: Option<&Balances<'_>>,
    workloads: &[Placed],
    expect: &Expect,
    reader: &mut Reader,
) {
    let empty = BTreeMap::new();
    let start = accounts.map_or(&empty, |accounts| &accounts.amounts);
    let mut sums = BTreeMap::new();
    let mut overflown = HashSet::new();
    for placed in workloads {
        add(placed, start, &mut sums, &mut overflown, reader);
    }
    let before: i128 = start.values().copied().map(i128::from).sum();
    let most = sums.values().fold(before, |sum, account| sum.saturating_add(account.deposits));
    if !reader.has_errors() && Amount::try_from(most).is_err() {
        let spot = fields.get("accounts").or(fields.get("scenarios")).map(|place| place.name());
        let message = "the money of all accounts together outgrows every number";
        reader.report(
            spot.unwrap_or(fields.name()),
            message,
            format!("the most is {}", Amount::MAX),
        );
    }
    let exact = workloads.iter().all(|placed| is_exact(&placed.workload));
    if accounts.is_some() && exact && !reader.has_errors() {
        warn_of_contradictions(fields, start, &sums, expect, reader);
    }
}

/// Adds what a workload moves; reports where it no longer fits.
fn add(
    placed: &Placed,
    start: &BTreeMap<AccountId, Amount>,
    sums: &mut BTreeMap<AccountId, Movement>,
    overflown: &mut HashSet<AccountId>,
    reader: &mut Reader,
) {
    let Body::Operations { operations, .. } = &placed.workload.body else { return };
    for (index, (operation, spot)) in operations.iter().zip(&placed.spots).enumerate() {
        let Some(times) = times(&placed.workload, index) else { continue };
        for (account, amount) in legs(&operation.action) {
            let change = amount.saturating_mul(times);
            let sum = sums.entry(account.clone()).or_default();
            sum.change = sum.change.saturating_add(change);
            sum.deposits = sum.deposits.saturating_add(change.max(0));
            sum.withdrawals = sum.withdrawals.saturating_add(change.min(0));
            let start = i128::from(start.get(account).copied().unwrap_or_default());
            let extremes =
                [start.saturating_add(sum.deposits), start.saturating_add(sum.withdrawals)];
            let fits = extremes.iter().all(|extreme| Amount::try_from(*extreme).is_ok());
            if !fits && overflown.insert(account.clone()) {
                let message =
                    format!("here account {} outgrows every number", quoted(account.as_str()));
                let hint = format!("balances go from {} to {}", Amount::MIN, Amount::MAX);
                reader.report(Spot::clone(spot), message, hint);
            }
        }
    }
}

/// The accounts that an action changes, and by how much at most.
fn legs(action: &Action) -> Vec<(&AccountId, i128)> {
    let most = action.amount().map_or(0, |amount| i128::from(amount.max));
    match action {
        Action::Deposit { account, .. } => vec![(account, most)],
        Action::Withdraw { account, .. } => vec![(account, -most)],
        Action::Transfer { from, to, .. } => vec![(from, -most), (to, most)],
        Action::Balance { .. } | Action::Accounts => Vec::new(),
        // Worked out each time.
        Action::Templated(_) | Action::Declared(_) => Vec::new(),
    }
}

/// How often an operation is done at most; unknown where only time ends it.
fn times(workload: &Workload, index: usize) -> Option<i128> {
    let Body::Operations { selection, .. } = &workload.body else { return None };
    let (vus, iterations) = match workload.executor {
        Executor::SharedIterations { iterations, .. } => (1, iterations),
        Executor::PerVuIterations { vus, iterations, .. } => (vus, iterations),
        _ => return None,
    };
    let each = match selection {
        Selection::Count(counts) => *counts.get(index)?,
        Selection::Weight(_) | Selection::InOrder => iterations,
    };
    Some(i128::from(each) * i128::from(vus))
}

/// Whether it is known beforehand what will be done.
fn is_exact(workload: &Workload) -> bool {
    let Body::Operations { operations, selection } = &workload.body else { return false };
    let timed = workload.executor.iterations().is_none();
    let drawn = matches!(selection, Selection::Weight(_));
    !timed && !drawn && operations.iter().all(|operation| operation.action.is_fixed())
}

/// Whether so much is taken that some of it may be refused: then nobody knows
/// what the account ends with. `minimum`: how far down it may go.
fn may_run_dry(start: Amount, sum: Movement, minimum: Option<&Amount>) -> bool {
    let minimum = minimum.copied().unwrap_or(0);
    i128::from(start).saturating_add(sum.withdrawals) < i128::from(minimum)
}

fn warn_of_contradictions(
    fields: &Fields<'_>,
    start: &BTreeMap<AccountId, Amount>,
    sums: &BTreeMap<AccountId, Movement>,
    expect: &Expect,
    reader: &mut Reader,
) {
    const HINT: &str = "one of the three is not what you mean";
    let Some(place) = fields.get("expect") else { return };
    let Some(expected) = Fields::of(place, "", reader) else { return };
    if let Some(balances) = expected.get("balances") {
        for (account, place) in super::expect::named(balances, reader).unwrap_or_default() {
            let account = AccountId::new(account);
            let (Some(&stated), Some(&before)) =
                (expect.balances.get(&account), start.get(&account))
            else {
                continue;
            };
            let sum = sums.get(&account).copied().unwrap_or_default();
            if may_run_dry(before, sum, expect.minimum.get(&account)) {
                continue;
            }
            let change = sum.change;
            let planned = i128::from(before) + change;
            if planned != i128::from(stated) {
                let path = &place.path;
                let message = format!(
                    "{path} says {stated}, but {before} and the planned operations make {planned}"
                );
                reader.warn(place.value(), message, HINT);
            }
        }
    }
    let before: i128 = start.values().copied().map(i128::from).sum();
    let planned = before + sums.values().map(|sum| sum.change).sum::<i128>();
    let certain = sums.iter().all(|(account, sum)| {
        let start = start.get(account).copied().unwrap_or_default();
        !may_run_dry(start, *sum, expect.minimum.get(account))
    });
    if let (Some(stated), Some(place)) = (expect.total, expected.get("total"))
        && certain
        && planned != i128::from(stated)
    {
        let message = format!(
            "expect.total says {stated}, but {before} and the planned operations make {planned}"
        );
        reader.warn(place.value(), message, HINT);
    }
}
