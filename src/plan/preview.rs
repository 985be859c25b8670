use std::collections::BTreeSet;
use std::sync::Arc;

use super::drawn::{argument, templated_call};
use super::{WorkloadPlan, globals};
use crate::model::{Amount, AmountRange, Call, OperationKind};
use crate::scenario::{Action, Argument, Body, Declared, Operation, Scenario, Templated, Use};
use crate::template::{Dice, FUNCTIONS, Place, Scope};

/// How a workload begins: the first operations of its pot, or of its first
/// virtual user, at most `most` of them, with everything drawn that the seed
/// decides. What only the run can tell (captured values, which virtual user it
/// is) stands as its template.
pub fn preview(scenario: &Scenario, seed: u64, workload: usize, most: usize) -> Vec<String> {
    let Some(entry) = scenario.workloads.get(workload) else { return Vec::new() };
    let Body::Operations { operations, .. } = &entry.body else { return Vec::new() };
    let plan = WorkloadPlan::new(seed, workload, entry).for_vu(0);
    let given = Arc::new(globals(scenario, seed));
    let before = scenario.workloads.iter().take(workload);
    let first_vu = 1 + before.map(|entry| u64::from(entry.executor.vus())).sum::<u64>();
    let mut unknown = captured(scenario);
    if plan.is_shared() {
        unknown.insert("vu".to_owned());
    }
    let mut lines = Vec::new();
    for number in 0..entry.executor.iterations().unwrap_or(u64::MAX).min(most as u64) {
        let place = Place {
            vu: first_vu,
            iteration: number,
            scenario: entry.name.as_str().into(),
            of_all: plan.of_all(number),
        };
        let scope = Arc::new(Scope::new(place, Dice::new(plan.random(number)), &given));
        let mut iteration = Iteration { scope, unknown: &unknown, is_lost: false };
        for operation in &operations[plan.iteration(number)] {
            if lines.len() == most {
                return lines;
            }
            lines.push(iteration.step(operation));
        }
    }
    lines
}

/// The variables that answers give.
fn captured(scenario: &Scenario) -> BTreeSet<String> {
    let bodies = scenario.workloads.iter().filter_map(|workload| match &workload.body {
        Body::Operations { operations, .. } => Some(operations),
        Body::Function(_) => None,
    });
    let steps = bodies.flatten().chain(&scenario.setup);
    let used = steps.filter_map(|step| match &step.action {
        Action::Declared(used) => Some(&used.operation),
        _ => None,
    });
    let captures = used.flat_map(|operation| &operation.captures);
    let names = captures.map(|capture| capture.name.to_string());
    names.chain([Declared::KEY.to_owned()]).collect()
}

struct Iteration<'a> {
    scope: Arc<Scope>,
    unknown: &'a BTreeSet<String>,
    /// Something has drawn random numbers that nobody knows how many: what comes
    /// after it cannot be told.
    is_lost: bool,
}

impl Iteration<'_> {
    fn step(&mut self, operation: &Operation) -> String {
        let line = match &operation.action {
            Action::Templated(templated) => self.templated(templated),
            Action::Declared(used) => self.declared(used),
            plain if plain.is_fixed() => plain.to_string(),
            plain if self.is_lost => plain.to_string(),
            plain => match plain.draw(&mut self.scope.dice().roll()) {
                Some(call) => shown(&call),
                None => plain.to_string(),
            },
        };
        if let Some(think) = operation.think {
            think.draw(&mut self.scope.dice().roll());
        }
        line
    }

    fn templated(&mut self, templated: &Templated) -> String {
        let Templated { account, to, amount, .. } = templated;
        let mut names = account.variables();
        names.extend(to.iter().flat_map(|to| to.variables()));
        let mut text = account.source().to_owned() + to.as_ref().map_or("", |to| to.source());
        if let Some(amount) = amount {
            names.extend(variables(amount));
            text += &amount.to_string();
        }
        if self.is_hidden(&names, &text) {
            return templated.to_string();
        }
        match templated_call(templated, &self.scope) {
            Ok(call) => shown(&call),
            Err(cause) => format!("{templated} ({cause})"),
        }
    }

    fn declared(&mut self, used: &Use) -> String {
        let mut text = used.operation.name.to_string();
        for (index, (name, value)) in used.arguments.iter().enumerate() {
            let value = match self.is_hidden(&variables(value), &value.to_string()) {
                true => value.to_string(),
                false => match argument(value, &self.scope) {
                    Ok(value) => value.to_string(),
                    Err(cause) => format!("{value} ({cause})"),
                },
            };
            text += &format!("{} {name} {value}", if index > 0 { "," } else { "" });
        }
        // Its own templates draw next.
        self.is_lost |= draws(&format!("{:?}{:?}", used.operation.request, used.operation.effects));
        text
    }

    /// Whether a template with these variables cannot be worked out before the
    /// run.
    fn is_hidden(&mut self, names: &BTreeSet<String>, text: &str) -> bool {
        let is_hidden = !names.is_disjoint(self.unknown);
        let hidden = is_hidden || self.is_lost && draws(text);
        self.is_lost |= is_hidden && draws(text);
        hidden
    }
}

fn variables(value: &Argument) -> BTreeSet<String> {
    match value {
        Argument::Range(_) => BTreeSet::new(),
        Argument::Value(value) => value.variables(),
    }
}

/// Whether the text calls one of the functions, or is a range.
fn draws(text: &str) -> bool {
    text.contains("..") || FUNCTIONS.iter().any(|name| text.contains(&format!("{name}(")))
}

/// The call, in the words of the scenario.
fn shown(call: &Call) -> String {
    let exactly = |amount: Amount| AmountRange::fixed(amount.saturating_abs());
    let action = match call.kind.clone() {
        OperationKind::Transfer { from, to, amount } => {
            Action::Transfer { from, to, amount: exactly(amount) }
        }
        OperationKind::Update { account, delta } if delta < 0 => {
            Action::Withdraw { account, amount: exactly(delta) }
        }
        OperationKind::Update { account, delta } => {
            Action::Deposit { account, amount: exactly(delta) }
        }
        OperationKind::Read { account } => Action::Balance { account },
        OperationKind::Snapshot => Action::Accounts,
    };
    action.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview_of(text: &str, most: usize) -> Vec<String> {
        let loaded = Scenario::from_yaml("a.yaml", text).unwrap_or_else(|found| panic!("{found}"));
        preview(&loaded.scenario, 1, 0, most)
    }

    /// What a seed draws is the same on every machine.
    #[test]
    fn everything_that_the_seed_decides_is_drawn() {
        let text = "
variables: { halls: [jazz, opera] }
data: { users: { file: tests/fixtures/data/users.csv, order: shuffled } }
operations:
  reserve: { request: \"/{{ hall }}/{{ seats }}/{{ who }}\" }
scenarios:
  a:
    executor: shared-iterations
    vus: 2
    iterations: 100
    operations:
      - { reserve: { hall: \"{{ pick(halls) }}\", seats: 1..4, who: \"{{ users.name }}\" }, weight: 1 }
      - { deposit: 1..1000, account: \"{{ users.seat }}\", weight: 1 }
";
        let expected = [
            "deposit 858 on account 12",
            "reserve hall jazz, seats 4, who ann",
            "reserve hall jazz, seats 4, who bob",
            "reserve hall jazz, seats 3, who carla",
            "deposit 552 on account 4",
            "deposit 852 on account 7",
        ];
        assert_eq!(preview_of(text, 6), expected);
    }

    #[test]
    fn what_only_the_run_can_tell_stands_as_its_template() {
        let text = "
operations:
  open: { request: /open, capture: { id: $.id } }
  close: { request: \"/close/{{ order }}/{{ qty }}\" }
scenarios:
  a:
    executor: shared-iterations
    operations:
      - open:
      - close: { order: \"{{ id }}\", qty: 7 }
      - close: { order: \"{{ id }}-{{ random(1, 9) }}\", qty: 1..9 }
      - { balance: \"{{ vu }}\" }
      - { request: \"/{{ random(1, 9) }}\" }
      - { deposit: 5, account: 1 }
      - { deposit: 1..9, account: 1 }
";
        let expected = [
            "open",
            "close order {{ id }}, qty 7",
            "close order {{ id }}-{{ random(1, 9) }}, qty 1..9",
            "balance on account {{ vu }}",
            "GET /{{ random(1, 9) }}",
            "deposit 5 on account 1",
            "deposit 1..9 on account 1",
        ];
        assert_eq!(preview_of(text, 10), expected);
    }
}
