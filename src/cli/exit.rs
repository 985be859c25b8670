//! What the exit code says. Written down here once: `--help` prints it, the
//! tests read it.

use std::process::ExitCode;

use crate::report::{RunReport, RunResult};
use crate::verdict::Conclusion;

/// Why bankrun ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Passed,
    Failed,
    Usage,
    Inconclusive,
    NotRun,
    Interrupted,
}

impl Exit {
    pub const ALL: [Self; 6] = [
        Self::Passed,
        Self::Failed,
        Self::Usage,
        Self::Inconclusive,
        Self::NotRun,
        Self::Interrupted,
    ];

    pub fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::NotRun => 4,
            Self::Interrupted => 130,
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed: money is missing, or what was expected does not hold",
            Self::Usage => "usage error, or a scenario that is invalid or contradicts the service",
            Self::Inconclusive => "inconclusive: it cannot be known, or nothing was acknowledged",
            Self::NotRun => {
                "the run could not be carried out (no target, a script error), or an output not \
                             written"
            }
            Self::Interrupted => "interrupted",
        }
    }

    /// What one run says by itself.
    pub fn of(report: &RunReport) -> Self {
        let (facts, verdict) = match &report.result {
            RunResult::Judged { facts, verdict } => (facts, verdict),
            RunResult::NotRun { .. } => return Self::NotRun,
            RunResult::Contradicted { .. } => return Self::Usage,
            RunResult::Skipped { .. } => return Self::Passed,
        };
        if facts.interrupted {
            Self::Interrupted
        } else if verdict.conclusion == Conclusion::Fail {
            Self::Failed
        } else if facts.metrics.total().script_errors > 0 {
            Self::NotRun
        } else if verdict.conclusion == Conclusion::Inconclusive {
            Self::Inconclusive
        } else {
            Self::Passed
        }
    }

    /// Among several the first of 130, 1, 2, 4, 3, 0.
    pub fn worst(exits: impl IntoIterator<Item = Self>) -> Self {
        const ORDER: [Exit; 6] = [
            Exit::Passed,
            Exit::Inconclusive,
            Exit::NotRun,
            Exit::Usage,
            Exit::Failed,
            Exit::Interrupted,
        ];
        let rank = |exit: &Self| ORDER.iter().position(|other| other == exit);
        exits.into_iter().max_by_key(rank).unwrap_or(Self::Passed)
    }

    /// The table of `--help`.
    pub fn table() -> String {
        let rows = Self::ALL.map(|exit| format!("  {:>3}  {}\n", exit.code(), exit.meaning()));
        format!("Exit codes:\n{}", rows.concat())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_a_promise() {
        assert_eq!(Exit::ALL.map(Exit::code), [0, 1, 2, 3, 4, 130]);
    }

    #[test]
    fn the_worst_of_several_stands() {
        use Exit::{Failed, Inconclusive, Interrupted, NotRun, Passed, Usage};
        assert_eq!(Exit::worst([]), Passed);
        assert_eq!(Exit::worst([Passed, Inconclusive]), Inconclusive);
        assert_eq!(Exit::worst([NotRun, Inconclusive]), NotRun);
        assert_eq!(Exit::worst([NotRun, Failed, Passed]), Failed);
        assert_eq!(Exit::worst([NotRun, Usage, Passed]), Usage);
        assert_eq!(Exit::worst([Failed, Interrupted]), Interrupted);
    }
}
