//! `bankrun validate`: what a scenario would do, without doing it.

use std::collections::BTreeSet;

use super::Exit;
use super::args::{RunArgs, ValidateArgs};
use super::built_in::missing_postgres;
use super::output::print;
use super::sources::{self, Source};
use crate::bank::store::PrivatePostgres;
use crate::files::Reach;
use crate::report::terminal;
use crate::scenario::Scenario;
use crate::script::Limits;

/// Reads what a run would read and prints the plan of every scenario. All of
/// them are looked at, also after one that is wrong.
pub(super) fn validate(args: ValidateArgs) -> Exit {
    let ValidateArgs { scenarios, lua, env, tls, seed, load, live: _, target: _, yes: _ } = args;
    let args = RunArgs { scenarios, lua, env, tls, seed, load, ..RunArgs::default() };
    let read = match sources::each(&args, &Reach::Anywhere, Limits::default()) {
        Ok(read) => read,
        Err(refusal) => {
            refusal.print();
            return Exit::Usage;
        }
    };
    let mut exit = Exit::Passed;
    for (index, source) in read.into_iter().enumerate() {
        match source {
            Ok(source) => {
                if index > 0 {
                    print("\n");
                }
                show(source, args.seed);
            }
            Err(refusal) => {
                refusal.print();
                exit = Exit::Usage;
            }
        }
    }
    exit
}

fn show(source: Source, seed: Option<u64>) {
    let Source { scenario, mut warnings, .. } = source;
    let on_postgres = scenario.fault_on_postgres();
    let missing = on_postgres.filter(|_| !PrivatePostgres::is_installed());
    warnings.notes.extend(missing.map(missing_postgres));
    warnings.notes.extend(without_effect(&scenario));
    warnings.print();
    print(&terminal::plan(&scenario, seed.or(scenario.seed)));
}

/// Operations that nobody will judge, which their author should know.
fn without_effect(scenario: &Scenario) -> Option<String> {
    const SHOWN: usize = 5;
    let names: BTreeSet<&str> = scenario
        .declared()
        .filter(|declared| declared.effects.is_empty())
        .map(|declared| &*declared.name)
        .collect();
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let (verb, its) = if names.len() == 1 { ("has", "its") } else { ("have", "their") };
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!names.is_empty()).then(|| {
        format!(
            "{}{more} {verb} no `effect`: {its} requests are sent and measured, but what they do \
             to the accounts is not known, and not judged",
            shown.join(", ")
        )
    })
}
