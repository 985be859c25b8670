//! `bankrun compare`: what changed between the summaries of two runs.

use std::path::Path;

use super::Exit;
use super::args::CompareArgs;
use super::output::{eprint, print, width};
use crate::files::Reach;
use crate::report::compare::{Limit, Runs, compare};
use crate::report::terminal;

/// A summary of very many runs has a few megabytes.
const LARGEST: u64 = 1_000_000_000;

/// Compares every further summary with the first one.
pub(super) fn run(args: &CompareArgs) -> Exit {
    let mut all = Vec::new();
    for file in [&args.before].into_iter().chain(&args.after) {
        match read(file) {
            Ok(runs) => all.push(runs),
            Err(error) => {
                eprint(&format!("{}: {error}\n", file.display()));
                return Exit::Usage;
            }
        }
    }
    let Some((before, others)) = all.split_first() else { return Exit::Usage };
    let wanted: Vec<String> =
        args.fail_on.iter().filter_map(Limit::name).map(str::to_owned).collect();
    let mut exit = Exit::Passed;
    for (after, file) in others.iter().zip(&args.after) {
        let differences = compare(before, after, &wanted);
        if differences.is_empty() {
            let before = args.before.display();
            eprint(&format!("{before} and {} have no run in common\n", file.display()));
            return Exit::Usage;
        }
        for difference in &differences {
            print(&format!("{}\n", terminal::difference(difference, width())));
            for limit in &args.fail_on {
                if let Some(how) = limit.crossed(difference) {
                    print(&format!("FAIL {limit}: {how}\n"));
                    exit = Exit::Failed;
                }
            }
        }
    }
    exit
}

fn read(file: &Path) -> Result<Runs, String> {
    let text = Reach::Anywhere.text(file, LARGEST).map_err(|error| error.to_string())?;
    Runs::read(&text)
}
