use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::{Args, FromArgMatches, ValueEnum};

use super::ui::DEFAULT_PAGE;
use super::values::key_value;
use super::{JudgeArgs, Modes};
use crate::bank::{DatabaseSpec, Share};
use crate::cli::database_url::{Discreet, PostgresUrl};
use crate::cli::load::{LoadArgs, plain};
use crate::cli::out_spec::{OutParser, OutSpec, OutSpecs};
use crate::cli::transport::{HttpDebug, TargetParser, TlsArgs};
use crate::engine::Target;
use crate::model::{Pause, Secret};

#[derive(Debug, Default, Args)]
pub(in crate::cli) struct RunArgs {
    /// Scenario files (YAML); none: the deterministic three-user set
    #[arg(value_name = "SCENARIO")]
    pub(in crate::cli) scenarios: Vec<PathBuf>,
    /// A Lua script: by itself it is the scenario, beside a file it gives hooks
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) lua: Option<PathBuf>,
    /// The service to test; several are compared [env: BANKRUN_TARGET]
    #[arg(long, value_name = "URL", value_delimiter = ',', value_parser = TargetParser)]
    pub(in crate::cli) target: Vec<Target>,
    /// Test a built-in server in this mode; several are compared [env: BANKRUN_MODE]
    ///
    /// Correct: robust, atomic, optimistic, serializable, advisory, batched. Wrong
    /// in instructive ways: naive, transaction, check-then-act. Each in turn: all.
    #[arg(long, value_name = "MODE", value_delimiter = ',')]
    pub(in crate::cli) mode: Vec<Modes>,
    /// Database of the built-in server: sqlite, sqlite:FILE, postgres (a private,
    /// throwaway one), postgres:SETTING=VALUE (the same with settings of its own),
    /// postgres://... [env: BANKRUN_DATABASE]
    #[arg(long, value_name = "DATABASE", value_parser = Discreet::<DatabaseSpec>::new())]
    pub(in crate::cli) database: Option<DatabaseSpec>,
    /// The target's PostgreSQL, to see who waits for whom in it (of several: one for
    /// all, or one for each); that of a built-in server is looked into anyway
    /// [env: BANKRUN_WATCH_DATABASE]
    #[arg(long, value_name = "URL", value_delimiter = ',',
          value_parser = Discreet::<PostgresUrl>::new())]
    pub(in crate::cli) watch_database: Vec<PostgresUrl>,
    /// How long the built-in server waits between read and write: 0, 5ms, 0..50ms
    /// [default: 1ms]
    #[arg(long, value_name = "PAUSE", env = "BANKRUN_RACE_WINDOW", hide_env_values = true)]
    pub(in crate::cli) race_window: Option<Pause>,
    /// Connections of the built-in server to its database [default: as `serve`]
    #[arg(long, value_name = "N", env = "BANKRUN_POOL_SIZE", hide_env_values = true)]
    pub(in crate::cli) pool_size: Option<NonZeroU32>,
    /// The share of answers that the built-in server loses after the commit: 5%
    #[arg(long, value_name = "SHARE")]
    pub(in crate::cli) lose_answers: Option<Share>,
    /// Sent to the targets as a bearer token, in the place of what a scenario says
    #[arg(long, value_name = "TOKEN", env = "BANKRUN_TOKEN", hide_env_values = true,
          value_parser = Discreet::<Secret>::new())]
    pub(in crate::cli) token: Option<Secret>,
    #[command(flatten)]
    pub(in crate::cli) tls: TlsArgs,
    /// Print the heads of requests and answers to standard error; "full": bodies,
    /// too. Credentials are not shown
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "heads"
    )]
    pub(in crate::cli) http_debug: Option<HttpDebug>,
    /// The same seed gives the same operations in the same order
    #[arg(long, value_name = "N", env = "BANKRUN_SEED", hide_env_values = true)]
    pub(in crate::cli) seed: Option<u64>,
    #[command(flatten)]
    pub(in crate::cli) load: LoadArgs,
    /// A variable: ${KEY} in a scenario, env.KEY in a script
    #[arg(short, long = "env", value_name = "KEY=VALUE", value_parser = Discreet::by(key_value))]
    pub(in crate::cli) env: Vec<(String, String)>,
    /// Write every operation as it happens, one JSON object a line, for `check`;
    /// further runs go to FILE.2, FILE.3, ...
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) history: Option<PathBuf>,
    /// Write the facts of the report as JSON ("-": standard output; the report
    /// then goes to standard error)
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) summary_export: Option<PathBuf>,
    /// Write every sample as it comes: json=FILE (JSON lines) or csv=FILE, as k6
    /// writes them. Push metrics every 5 s: prometheus=URL (remote write; by
    /// itself: http://localhost:9090/api/v1/write). Several are possible
    #[arg(long, value_name = "KIND=FILE", value_parser = OutParser)]
    pub(in crate::cli) out: Vec<OutSpecs>,
    /// Write the report as one HTML file, with charts, that opens anywhere
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// Show the run in the browser while it goes on [default address: 127.0.0.1:8089]
    #[arg(
        long,
        value_name = "ADDRESS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = DEFAULT_PAGE
    )]
    pub(in crate::cli) web: Option<SocketAddr>,
    /// Write the verdict as JUnit XML, for CI servers
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) junit: Option<PathBuf>,
    /// Let the reports of a script (`handle_summary`) replace files that were there
    /// before
    #[arg(long)]
    pub(in crate::cli) overwrite: bool,
    /// Repeat the run N times, each with the next seed, and count the failures
    #[arg(long, value_name = "N")]
    pub(in crate::cli) repeat: Option<NonZeroU32>,
    /// Run it again with the next seed until it fails (with --repeat: at most so
    /// often)
    #[arg(long)]
    pub(in crate::cli) until_fail: bool,
    /// The verdict that counts as success (a canary: --mode naive --expect fail)
    #[arg(long, value_name = "VERDICT")]
    pub(in crate::cli) expect: Option<Expected>,
    #[command(flatten)]
    pub(in crate::cli) judge: JudgeArgs,
    /// Do not send each declared operation once, alone, before the run, to see
    /// whether it does what the file says
    #[arg(long)]
    pub(in crate::cli) no_preflight: bool,
    /// Do not ask before resetting a target that is not on this machine
    #[arg(long, env = "BANKRUN_YES", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(in crate::cli) yes: bool,
    /// Print the verdict alone: no progress, no tables
    #[arg(short, long)]
    pub(in crate::cli) quiet: bool,
    /// Log what the built-in server does
    #[arg(short, long)]
    pub(in crate::cli) verbose: bool,
    /// No colours [env: NO_COLOR]
    #[arg(long)]
    pub(in crate::cli) no_color: bool,
}

impl RunArgs {
    /// What the environment says, and nothing else. The error is for a person.
    pub(in crate::cli) fn of_environment() -> Result<Self, String> {
        let command = Self::augment_args(clap::Command::new("bankrun").no_binary_name(true));
        let none: [&str; 0] = [];
        let matches = command.try_get_matches_from(none).map_err(|error| plain(&error))?;
        Self::from_arg_matches(&matches).map_err(|error| plain(&error))
    }

    /// What `--out` says, all of it.
    pub(in crate::cli) fn outputs(&self) -> impl Iterator<Item = &OutSpec> {
        self.out.iter().flat_map(|OutSpecs(specs)| specs)
    }

    /// The PostgreSQL of the targets, where it is named: of all, or of each.
    pub(in crate::cli) fn watched_databases(&self) -> Result<Vec<PostgresUrl>, String> {
        match &self.watch_database[..] {
            [] => PostgresUrl::from_variable("BANKRUN_WATCH_DATABASE"),
            given => Ok(given.to_vec()),
        }
    }

    pub(in crate::cli) fn summary_on_stdout(&self) -> bool {
        self.summary_export.as_deref() == Some(Path::new("-"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Expected {
    Pass,
    Fail,
}
