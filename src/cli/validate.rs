//! `bankrun validate`: what a scenario would do, without doing it.

use super::Exit;
use super::args::ValidateArgs;
use super::built_in::missing_postgres;
use super::load::override_load;
use super::output::{eprint, print};
use super::sources::{Refusal, Warnings, environment};
use crate::bank::store::PrivatePostgres;
use crate::report::terminal;
use crate::scenario::{Loaded, Scenario};

/// Reads every file and prints its plan. All of them are looked at, also after
/// one that is wrong.
pub(super) fn validate(args: &ValidateArgs) -> Exit {
    let load = match args.load.options() {
        Ok(load) => load,
        Err(error) => {
            eprint(&format!("{error}\n"));
            return Exit::Usage;
        }
    };
    let mut exit = Exit::Passed;
    let environment = environment(&args.env);
    for (index, file) in args.scenarios.iter().enumerate() {
        match Scenario::load(file, &environment) {
            Ok(Loaded { mut scenario, warnings: problems }) => {
                if index > 0 {
                    print("\n");
                }
                let mut notes = override_load(&mut scenario, &load);
                let on_postgres = scenario.fault_on_postgres();
                let missing = on_postgres.filter(|_| !PrivatePostgres::is_installed());
                notes.extend(missing.map(missing_postgres));
                Warnings { problems, notes }.print();
                let seed = args.seed.or(scenario.seed);
                print(&terminal::plan(&scenario, seed));
            }
            Err(problems) => {
                Refusal::from(problems).print();
                exit = Exit::Usage;
            }
        }
    }
    exit
}
