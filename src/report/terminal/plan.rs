use super::paint::{FAINT, STRONG, paint};
use crate::plan::{Arrivals, WorkloadPlan};
use crate::report::format::counted;
use crate::scenario::{
    Action, Body, Executor, Operation, Scenario, Selection, Threshold, Workload,
};

/// Iterations shown of a plan.
const SHOWN: u64 = 12;

/// What a scenario would do. With a seed, how each workload's plan begins.
pub fn plan(scenario: &Scenario, seed: Option<u64>) -> String {
    let mut text = format!("{}\n", paint(STRONG, &scenario.name));
    if let Some(accounts) = &scenario.accounts {
        let total: i128 = accounts.values().map(|balance| i128::from(*balance)).sum();
        let count = counted(accounts.len() as u64, "account");
        text += &format!("  starts from {count}, {total} in all\n");
    }
    for (index, entry) in scenario.workloads.iter().enumerate() {
        text +=
            &workload(entry, &WorkloadPlan::new(seed.unwrap_or(0), index, entry), seed.is_some());
    }
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
    if scenario.expect.non_negative {
        text += "  expects no balance below zero\n";
    }
    text
}

fn workload(entry: &Workload, plan: &WorkloadPlan, seeded: bool) -> String {
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
    if seeded && !matches!(selection, Selection::InOrder) {
        let worker = plan.for_vu(0);
        let first: Vec<String> = (0..entry.executor.iterations().unwrap_or(SHOWN).min(SHOWN))
            .flat_map(|number| worker.iteration(number))
            .map(|index| signed(&operations[index]))
            .collect();
        text += &paint(FAINT, &format!("    begins {} ...", first.join(" ")));
        text.push('\n');
    }
    text
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
