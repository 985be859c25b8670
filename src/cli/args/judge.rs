use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::values;
use crate::verdict::JudgeOptions;

/// How a history is judged.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct JudgeArgs {
    /// Report INCONCLUSIVE when the run could hardly have caught a lost update
    /// (see --detect; by default 5ms, or as long as half of the updates took), or when a pass depends on assumptions about
    /// indeterminate operations
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// Report INCONCLUSIVE unless the run would have caught, with 95%, a service
    /// that lets so much time pass between reading a balance and writing it back
    #[arg(long, value_name = "GAP", value_parser = values::duration)]
    pub(in crate::cli) detect: Option<Duration>,
    /// Inconclusive where it stays undecided
    #[arg(long, value_name = "WHAT")]
    pub(in crate::cli) require: Option<Required>,
    /// Steps that the search for an order in real time may take
    #[arg(long, value_name = "STEPS")]
    pub(in crate::cli) check_budget: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Required {
    Linearizable,
}

impl JudgeArgs {
    pub(in crate::cli) fn options(&self) -> JudgeOptions {
        JudgeOptions {
            strict: self.strict,
            require_linearizable: self.require == Some(Required::Linearizable),
            detect: self.detect,
            budget: self.check_budget.unwrap_or(JudgeOptions::default().budget),
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// A history, as `run --history` writes it
    #[arg(value_name = "HISTORY")]
    pub(in crate::cli) history: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) judge: JudgeArgs,
    /// Print the verdict alone
    #[arg(short, long)]
    pub(in crate::cli) quiet: bool,
    /// No colours [env: NO_COLOR]
    #[arg(long)]
    pub(in crate::cli) no_color: bool,
}
