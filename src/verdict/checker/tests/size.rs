//! How long and how large: run by hand, in a release build, with `--ignored`.

use std::time::Instant;

use super::simulated::Run;
use crate::verdict::Conclusion;
use crate::verdict::checker::{Options, Problem, check};

fn million(run: Run) -> Problem {
    Run { ops: 1_000_000, reads: 0, initial: 1_000_000_000, ..run }.problem()
}

#[test]
#[ignore = "a million operations, for a release build"]
fn a_million_operations() {
    let mut times = String::new();
    let base = Run { clients: 64, ..Run::default() };
    for run in [
        Run { accounts: 1_000, ..base },
        Run { accounts: 1, ..base },
        Run { accounts: 1, amounts: -10, ..base },
        Run { accounts: 100, transfers: 100, ..base },
    ] {
        let problem = million(run);
        let start = Instant::now();
        let report = check(&problem, &Options::default());
        let took = start.elapsed();
        assert_eq!(report.conclusion, Conclusion::Pass, "{run:?}");
        assert!(took.as_secs() < 15, "{took:?} for {run:?}");
        times.push_str(&format!("{took:?} {:?} {run:?}\n", report.linearizable));
    }
    // The only way for a test to speak.
    assert!(std::env::var_os("BANKRUN_CHECKER_TIMES").is_none(), "{times}");
}
