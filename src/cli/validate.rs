//! `bankrun validate`: what a scenario would do, without doing it.

use super::Exit;
use super::args::{RunArgs, ValidateArgs};
use super::built_in::missing_postgres;
use super::output::print;
use super::sources::{self, Source};
use crate::bank::store::PrivatePostgres;
use crate::files::Reach;
use crate::report::terminal;
use crate::script::Limits;

/// Reads what a run would read and prints the plan of every scenario. All of
/// them are looked at, also after one that is wrong.
pub(super) fn validate(args: ValidateArgs) -> Exit {
    let ValidateArgs { scenarios, lua, env, tls, seed, load } = args;
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
    warnings.print();
    print(&terminal::plan(&scenario, seed.or(scenario.seed)));
}
