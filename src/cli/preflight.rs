//! Before the first workload: what the file says of its operations, held against
//! what each of them does when it is sent alone.

use std::sync::Arc;

use super::args::{RunArgs, ValidateArgs};
use super::destination::{self, Destination};
use super::output::{eprint, print};
use super::sources::{self, Refusal, Source};
use super::{Exit, confirm};
use crate::engine::{Preflight, Preflighted, Service, Stop, Target};
use crate::facts::Trial;
use crate::scenario::{Declared, Problems, Reset};
use crate::verdict::contradictions;

/// Said where nothing can be tried.
pub(super) const NO_RESET: &str =
    "the operations were not tried beforehand: `reset: none` could not put back what they change";

/// What became of it.
#[derive(Debug)]
pub(super) struct Tried {
    preflighted: Preflighted,
    /// The contradictions, at their places; there may be none.
    pub(super) problems: Problems,
}

/// Whether the file has operations that can be tried, but for its `reset: none`.
pub(super) fn lacks_reset(source: &Source) -> bool {
    let has_any = source.scenario.declared_with_effect().next().is_some();
    has_any && source.scenario.reset == Reset::Nothing
}

/// Tries the operations of the file. The error says why none could be tried.
pub(super) async fn preflight(
    source: &Source,
    service: &Service,
    seed: u64,
    stop: &Stop,
    resets_after: bool,
) -> Result<Tried, String> {
    let preflight = Preflight {
        scenario: source.scenario.clone(),
        service: service.clone(),
        program: source.program(seed, service)?,
        stop: stop.child(),
        resets_after,
    };
    let preflighted = tokio::select! {
        done = preflight.fly() => done?,
        () = stop.halted() => return Err("it was stopped".to_owned()),
    };
    let problems = problems(source, &preflighted);
    Ok(Tried { preflighted, problems })
}

fn problems(source: &Source, preflighted: &Preflighted) -> Problems {
    let mut list = Vec::new();
    for declared in declared(source) {
        let trials: Vec<&Trial> = of(&declared, &preflighted.trials).collect();
        for found in contradictions(&declared, &trials) {
            list.push(declared.spots.problem(found.part, found.message, found.mend));
        }
    }
    source.warnings.problems.with(list)
}

/// The operations with an effect, each name once.
fn declared(source: &Source) -> Vec<Arc<Declared>> {
    let mut all: Vec<Arc<Declared>> = Vec::new();
    for declared in source.scenario.declared_with_effect() {
        if !all.iter().any(|known| known.name == declared.name) {
            all.push(declared.clone());
        }
    }
    all
}

fn of<'a>(declared: &Declared, trials: &'a [Trial]) -> impl Iterator<Item = &'a Trial> {
    let name = declared.name.clone();
    trials.iter().filter(move |trial| trial.operation == name)
}

/// `bankrun validate --live`: tries the operations of each file, and runs nothing.
pub(super) async fn validate_live(args: ValidateArgs, stop: Stop) -> Exit {
    let mut run = match RunArgs::of_environment() {
        Ok(run) => run,
        Err(error) => return refuse(&error),
    };
    run.scenarios = args.scenarios;
    run.env = args.env;
    run.lua = args.lua;
    run.tls = args.tls;
    run.load = args.load;
    run.yes |= args.yes;
    run.seed = args.seed.or(run.seed);
    run.target.extend(args.target);
    let sources = match sources::load(&run) {
        Ok(sources) => sources,
        Err(refusals) => {
            refusals.iter().for_each(Refusal::print);
            return Exit::Usage;
        }
    };
    let mut worst = Exit::Passed;
    for source in &sources {
        source.warnings.print();
        worst = Exit::worst([worst, live(&run, source, &stop).await]);
    }
    worst
}

async fn live(run: &RunArgs, source: &Source, stop: &Stop) -> Exit {
    let destinations = match destination::choose(run, &source.scenario).await {
        Ok(destinations) => destinations,
        Err(error) => return refuse(&error),
    };
    let mut worst = Exit::Passed;
    for destination in destinations {
        let exit = match destination {
            Destination::Target { target, .. } => {
                if let Err(refusal) = confirm::may_reset(&target, run.yes, stop).await {
                    return refuse(&refusal);
                }
                against(run, source, target, stop).await
            }
            Destination::BuiltIn { .. } => refuse(&format!(
                "{}: there is no service to try the operations on: name it with --target URL",
                source.scenario.name
            )),
        };
        worst = Exit::worst([worst, exit]);
    }
    worst
}

async fn against(run: &RunArgs, source: &Source, target: Target, stop: &Stop) -> Exit {
    let name = &source.scenario.name;
    if lacks_reset(source) {
        print(&format!("{name}: {NO_RESET}\n"));
        return Exit::Inconclusive;
    }
    let service = source.service(target);
    let seed = run.seed.or(source.scenario.seed).unwrap_or_default();
    match preflight(source, &service, seed, stop, true).await {
        Err(error) => {
            eprint(&format!("{name}: the operations could not be tried: {error}\n"));
            if stop.is_ending() { Exit::Interrupted } else { Exit::NotRun }
        }
        Ok(tried) => {
            print(&tried.table(source, &service));
            if tried.problems.is_empty() {
                return Exit::Passed;
            }
            Refusal::from(tried.problems).print();
            Exit::Usage
        }
    }
}

fn refuse(error: &str) -> Exit {
    eprint(&format!("{error}\n"));
    Exit::Usage
}

impl Tried {
    /// What was tried, a line for each operation.
    fn table(&self, source: &Source, service: &Service) -> String {
        let all = declared(source);
        let name = &source.scenario.name;
        if all.is_empty() {
            return format!("{name}: no operation of the file has an effect to try\n");
        }
        let mut text =
            format!("{name}: each operation sent once, alone, to {}\n", service.target());
        let width = all.iter().map(|declared| declared.name.chars().count()).max().unwrap_or(0);
        for declared in &all {
            text += &format!("  {:width$}  {}\n", declared.name, self.line(declared));
        }
        text
    }

    fn line(&self, declared: &Declared) -> String {
        let trials: Vec<&Trial> = of(declared, &self.preflighted.trials).collect();
        if let Some(trial) = trials.iter().find(|trial| trial.is_as_promised()) {
            return format!("as the file says: {}", moved(trial));
        }
        if let Some(trial) = trials.first() {
            return format!("NOT as the file says: {}", moved(trial));
        }
        let untried = &self.preflighted.untried;
        match untried.iter().find(|untried| untried.operation == declared.name) {
            Some(untried) => format!("not tried: {}", untried.why),
            None => "not tried".to_owned(),
        }
    }
}

/// `a 1000 -> 1005 (+5), answered 1005`
fn moved(trial: &Trial) -> String {
    let legs = trial.legs().map(|leg| {
        let balance = |balances: &std::collections::BTreeMap<_, i64>| {
            balances.get(&leg.account).map_or_else(|| "?".to_owned(), ToString::to_string)
        };
        let (before, after) = (balance(&trial.before), balance(&trial.after));
        let change = trial.change(&leg.account).unwrap_or_default();
        let told = leg.balance.map_or_else(String::new, |told| format!(", answered {told}"));
        format!("{} {before} -> {after} ({change:+}){told}", leg.account)
    });
    legs.collect::<Vec<_>>().join("; ")
}
