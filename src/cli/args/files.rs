use std::path::PathBuf;

use clap::Args;

use super::values::key_value;
use crate::cli::database_url::Discreet;
use crate::cli::load::LoadArgs;
use crate::cli::transport::{TargetParser, TlsArgs};
use crate::engine::Target;
use crate::report::compare::Limit;

#[derive(Debug, Args)]
pub(in crate::cli) struct CompareArgs {
    /// What `run --summary-export` wrote before
    #[arg(value_name = "BEFORE")]
    pub(in crate::cli) before: PathBuf,
    /// The same of what came after; several are each compared with the first
    #[arg(value_name = "AFTER", required = true)]
    pub(in crate::cli) after: Vec<PathBuf>,
    /// What may not get worse (exit code 1): p(95)+10%, http_reqs.rate-5%,
    /// missing+0, verdict
    #[arg(long, value_name = "LIMIT")]
    pub(in crate::cli) fail_on: Vec<Limit>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ValidateArgs {
    /// Scenario files (YAML)
    #[arg(value_name = "SCENARIO", required_unless_present = "lua")]
    pub(in crate::cli) scenarios: Vec<PathBuf>,
    /// A Lua script: by itself, or with hooks beside a file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) lua: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) tls: TlsArgs,
    /// A variable: ${KEY} in a scenario, env.KEY in a script
    #[arg(short, long = "env", value_name = "KEY=VALUE", value_parser = Discreet::by(key_value))]
    pub(in crate::cli) env: Vec<(String, String)>,
    /// The seed whose plan is shown
    #[arg(long, value_name = "N", env = "BANKRUN_SEED")]
    pub(in crate::cli) seed: Option<u64>,
    /// Send each declared operation once, alone, and hold what it does against the
    /// file; the accounts are reset before and after it
    #[arg(long)]
    pub(in crate::cli) live: bool,
    /// With --live: the service to try the operations on [env: BANKRUN_TARGET]
    #[arg(long, value_name = "URL", value_delimiter = ',', value_parser = TargetParser,
          requires = "live")]
    pub(in crate::cli) target: Vec<Target>,
    /// With --live: do not ask before resetting a target that is not on this machine
    #[arg(long, requires = "live")]
    pub(in crate::cli) yes: bool,
    #[command(flatten)]
    pub(in crate::cli) load: LoadArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NewArgs {
    /// The file to write; it must not exist
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// A Lua script instead of a YAML file (also chosen by the ending .lua)
    #[arg(long)]
    pub(in crate::cli) lua: bool,
    /// A file for `bankrun explore`: requests of a service to run in every order
    #[arg(long, conflicts_with = "lua")]
    pub(in crate::cli) explore: bool,
}
