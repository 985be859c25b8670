//! `bankrun validate`: what a scenario would do, without doing it.

use super::Exit;
use super::args::ValidateArgs;
use super::load::override_load;
use super::output::{eprint, print};
use super::sources::{environment, shown};
use crate::report::terminal;
use crate::scenario::Scenario;

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
        match shown(Scenario::load(file, &environment)) {
            Ok(mut scenario) => {
                if index > 0 {
                    print("\n");
                }
                override_load(&mut scenario, &load);
                let seed = args.seed.or(scenario.seed);
                print(&terminal::plan(&scenario, seed));
            }
            Err(()) => exit = Exit::Usage,
        }
    }
    exit
}
