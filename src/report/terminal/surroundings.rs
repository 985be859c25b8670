//! What a scenario has around its workloads, in the plan.

use super::paint::{FAINT, paint};
use crate::plan;
use crate::report::format::{counted, duration};
use crate::scenario::{Balances, BodyTemplate, Declared, Effect, RequestTemplate, Reset, Scenario};

/// What comes before the workloads: data, declared operations, how accounts are
/// set and read, steps.
pub(super) fn before(scenario: &Scenario) -> String {
    let mut text = String::new();
    if !scenario.watched.is_empty() {
        let names: Vec<String> = scenario.watched.iter().map(ToString::to_string).collect();
        text += &format!("  watches {} as found\n", names.join(", "));
    }
    match &scenario.reset {
        Reset::Bank => {}
        Reset::Nothing => text += "  resets nothing\n",
        Reset::Requests(steps) => {
            for step in steps {
                let each = if step.each { ", for each account" } else { "" };
                text += &format!("  resets by {}{each}\n", request(&step.request));
            }
        }
    }
    if let Some(read) = &scenario.read {
        let (what, at) = match &read.balances {
            Balances::One(path) => ("one account", path.to_string()),
            Balances::ByName(path) => ("all accounts at once", path.to_string()),
            Balances::List { each, .. } => ("all accounts at once", each.to_string()),
        };
        text += &format!("  reads {what} by {}, at {at}\n", request(&read.request));
    }
    for data in &scenario.data {
        let order = if data.shuffled { ", shuffled" } else { "" };
        let rows = counted(data.rows.len() as u64, "row");
        text += &format!("  data {}: {rows}{order}\n", data.rows.name());
    }
    for operation in &scenario.operations {
        text += &declared(operation);
    }
    for step in &scenario.setup {
        text += &format!("  before: {}\n", step.action);
    }
    text
}

/// What comes after the workloads: steps and invariants.
pub(super) fn after(scenario: &Scenario) -> String {
    let mut text = String::new();
    for step in &scenario.teardown {
        text += &format!("  after: {}\n", step.action);
    }
    let at_once = match &scenario.read {
        None => true,
        Some(read) => !matches!(read.balances, Balances::One(_)),
    };
    for invariant in &scenario.invariants {
        let when = match at_once {
            true => format!("every {} and at the end", duration(invariant.every)),
            false => "at the end".to_owned(),
        };
        text += &format!("  expects {}: {}, {when}\n", invariant.name, invariant.that);
    }
    text
}

/// What is done to the server. With a seed, when.
pub(super) fn faults(scenario: &Scenario, seed: Option<u64>) -> String {
    const SHOWN: usize = 12;
    let mut text = String::new();
    for fault in &scenario.faults {
        let lasts =
            if fault.lasts.is_none() { String::new() } else { format!(" for {}", fault.lasts) };
        let again = match fault.times {
            1 => String::new(),
            times => format!(", {times} times, one every {}", fault.every),
        };
        text += &format!("  at {}: {}{lasts}{again}\n", fault.at, fault.kind);
    }
    let Some(seed) = seed else { return text };
    let planned = plan::faults(scenario, seed);
    for (index, fault) in planned.iter().take(SHOWN).enumerate() {
        let begins = if index == 0 { "comes" } else { "" };
        let lasts = if fault.lasts.is_zero() {
            String::new()
        } else {
            format!(" for {}", duration(fault.lasts))
        };
        let at = fault.at.as_secs_f64();
        let line = format!("    {begins:<6} at {at:.3}s {}{lasts}", fault.kind);
        text += &(paint(FAINT, &line) + "\n");
    }
    if planned.len() > SHOWN {
        text += &(paint(FAINT, &format!("    ... and {} more", planned.len() - SHOWN)) + "\n");
    }
    text
}

fn declared(operation: &Declared) -> String {
    let effects: Vec<String> = operation.effects.iter().map(effect).collect();
    let effects = match effects.is_empty() {
        true => "not judged".to_owned(),
        false => effects.join(", "),
    };
    format!("  {}: {}, {effects}\n", operation.name, request(&operation.request))
}

fn effect(effect: &Effect) -> String {
    let account = effect.account.source();
    match (&effect.delta, &effect.to) {
        (None, _) => format!("reads {account}"),
        (Some(delta), None) => format!("changes {account} by {}", delta.source()),
        (Some(delta), Some(to)) => {
            format!("changes {account} by {} and {} the other way", delta.source(), to.source())
        }
    }
}

/// `POST /reserve with a body`
fn request(request: &RequestTemplate) -> String {
    let body = match request.body {
        BodyTemplate::None => "",
        _ => " with a body",
    };
    format!("{} {}{body}", request.method, request.path)
}
