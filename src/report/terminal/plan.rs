use std::collections::BTreeSet;

use super::paint::{FAINT, STRONG, paint};
use super::surroundings;
use crate::plan::{Arrivals, WorkloadPlan, preview};
use crate::report::format::counted;
use crate::scenario::{
    Action, Body, Executor, Operation, Scenario, Selection, Threshold, Workload,
};

/// Iterations shown of a plan.
const SHOWN: u64 = 12;
/// Operations shown where each is a line.
const LINES: usize = 8;

/// What a scenario would do. With a seed, how each workload's plan begins.
pub fn plan(scenario: &Scenario, seed: Option<u64>) -> String {
    let mut text = format!("{}\n", paint(STRONG, &scenario.name));
    if let Some(accounts) = &scenario.accounts {
        let total: i128 = accounts.values().map(|balance| i128::from(*balance)).sum();
        let count = counted(accounts.len() as u64, "account");
        text += &format!("  starts from {count}, {total} in all\n");
    }
    text += &surroundings::before(scenario);
    for (index, entry) in scenario.workloads.iter().enumerate() {
        text += &workload(entry);
        if let Some(seed) = seed {
            text += &beginning(scenario, seed, index, entry);
        }
    }
    text += &surroundings::after(scenario);
    text += &surroundings::faults(scenario, seed);
    for (account, balance) in &scenario.expect.balances {
        text += &format!("  expects {balance} on account {account}\n");
    }
    if let Some(total) = scenario.expect.total {
        text += &format!("  expects {total} in all\n");
    }
    for Threshold { selector, conditions } in &scenario.thresholds {
        for condition in conditions {
            let ends = if condition.abort.is_some() { ", or ends the run" } else { "" };
            text += &format!("  expects {condition} of {selector}{ends}\n");
        }
    }
    if scenario.expect.non_negative == Some(true) {
        text += "  expects no balance below zero\n";
    }
    for (account, minimum) in &scenario.expect.minimum {
        text += &format!("  expects no balance of account {account} below {minimum}\n");
    }
    text
}

fn workload(entry: &Workload) -> String {
    let mut text = format!("  {}: {}\n", paint(STRONG, &entry.name), executor(&entry.executor));
    let Body::Operations { operations, selection } = &entry.body else { return text };
    for (index, operation) in operations.iter().enumerate() {
        let share = match selection {
            Selection::Count(counts) => format!("{:>6}x ", counts[index]),
            Selection::Weight(weights) => format!("{:>4} of {} ", weights[index], total(weights)),
            Selection::InOrder => format!("{:>6}. ", index + 1),
        };
        text += &format!("  {share}{}\n", describe(operation));
    }
    text
}

/// The first operations as they will be drawn: on one line where they differ in
/// nothing but what they move on one account.
fn beginning(scenario: &Scenario, seed: u64, index: usize, entry: &Workload) -> String {
    let Body::Operations { operations, selection } = &entry.body else { return String::new() };
    let accounts: BTreeSet<_> =
        operations.iter().flat_map(|operation| operation.action.accounts()).collect();
    let is_simple = operations.iter().all(|operation| operation.action.is_fixed());
    if is_simple && accounts.len() < 2 {
        if matches!(selection, Selection::InOrder) {
            return String::new();
        }
        let plan = WorkloadPlan::new(seed, index, entry).for_vu(0);
        let first: Vec<String> = (0..entry.executor.iterations().unwrap_or(SHOWN).min(SHOWN))
            .flat_map(|number| plan.iteration(number))
            .map(|index| signed(&operations[index]))
            .collect();
        return paint(FAINT, &format!("    begins {} ...", first.join(" "))) + "\n";
    }
    let lines = preview(scenario, seed, index, LINES);
    let line = |(index, line): (usize, &String)| {
        let begins = if index == 0 { "begins" } else { "" };
        paint(FAINT, &format!("    {begins:<6} {line}")) + "\n"
    };
    lines.iter().enumerate().map(line).collect()
}

/// The executor in words; of an arrival rate, how many iterations that makes.
fn executor(executor: &Executor) -> String {
    match Arrivals::new(executor) {
        Some(arrivals) => format!("{executor}: {} in all", counted(arrivals.total(), "iteration")),
        None => executor.to_string(),
    }
}

fn describe(operation: &Operation) -> String {
    let action = &operation.action;
    match operation.think {
        Some(think) => format!("{action}, then a pause of {think}"),
        None => action.to_string(),
    }
}

fn signed(operation: &Operation) -> String {
    match &operation.action {
        Action::Deposit { amount, .. } => format!("+{amount}"),
        Action::Withdraw { amount, .. } => format!("-{amount}"),
        Action::Transfer { from, to, amount } => format!("{from}>{to}:{amount}"),
        Action::Balance { .. } | Action::Accounts => "read".to_owned(),
        other => other.name().to_owned(),
    }
}

fn total(weights: &[u32]) -> u64 {
    weights.iter().map(|weight| u64::from(*weight)).sum()
}
