use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use super::Exit;
use super::database_url::{Discreet, PostgresUrl};
use super::load::LoadArgs;
use super::out_spec::{OutParser, OutSpec, OutSpecs};
use super::transport::{HttpDebug, TargetParser, TlsArgs};
use crate::bank::{DatabaseSpec, Mode, Share, UnknownMode};
use crate::engine::Target;
use crate::model::{Pause, parse_duration};
use crate::report::compare::Limit;
use crate::verdict::JudgeOptions;

/// Where the page is, unless told otherwise; Locust has the same port.
const DEFAULT_PAGE: &str = "127.0.0.1:8089";

#[derive(Debug, Parser)]
#[command(
    name = "bankrun",
    version,
    about = "Races a service, reads the balances back, and says which money went missing",
    long_about = "Races a service, reads the balances back, and says which money went missing.\n\n\
        With no argument: the deterministic three-user set, against the bankrun server on \
        http://localhost:3000 if there is one, else against a built-in one.",
    after_help = Exit::table(),
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run scenarios (the default command)
    #[command(after_help = Exit::table())]
    Run(Box<RunArgs>),
    /// Show a page in the browser on which scenarios are run and watched
    Ui(UiArgs),
    /// Start the bank server
    Serve(Box<ServeArgs>),
    /// Show who waits for whom in a PostgreSQL, as it happens
    Watch(WatchArgs),
    /// Judge a recorded history again
    #[command(after_help = Exit::table())]
    Check(CheckArgs),
    /// Show what changed between the summaries of two runs
    #[command(after_help = Exit::table())]
    Compare(CompareArgs),
    /// Check scenarios and print what they would do; run nothing
    Validate(ValidateArgs),
    /// Write a commented scenario or script to start from
    New(NewArgs),
    /// Print the JSON Schema of scenario files, for editors
    Schema,
    /// Ask a bankrun server how it is (exit code 0: well)
    Health(HealthArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

#[derive(Debug, Default, Args)]
pub(super) struct RunArgs {
    /// Scenario files (YAML); none: the deterministic three-user set
    #[arg(value_name = "SCENARIO")]
    pub(super) scenarios: Vec<PathBuf>,
    /// A Lua script: by itself it is the scenario, beside a file it gives hooks
    #[arg(long, value_name = "FILE")]
    pub(super) lua: Option<PathBuf>,
    /// The service to test; several are compared [env: BANKRUN_TARGET]
    #[arg(long, value_name = "URL", value_delimiter = ',', value_parser = TargetParser)]
    pub(super) target: Vec<Target>,
    /// Test a built-in server in this mode; several are compared [env: BANKRUN_MODE]
    ///
    /// Correct: robust, atomic, optimistic, serializable, advisory, batched. Wrong
    /// in instructive ways: naive, transaction, check-then-act. Each in turn: all.
    #[arg(long, value_name = "MODE", value_delimiter = ',')]
    pub(super) mode: Vec<Modes>,
    /// Database of the built-in server: sqlite, sqlite:FILE, postgres (a private,
    /// throwaway one), postgres://... [env: BANKRUN_DATABASE]
    #[arg(long, value_name = "DATABASE", value_parser = Discreet::<DatabaseSpec>::new())]
    pub(super) database: Option<DatabaseSpec>,
    /// The target's PostgreSQL, to see who waits for whom in it (of several: one for
    /// all, or one for each); that of a built-in server is looked into anyway
    /// [env: BANKRUN_WATCH_DATABASE]
    #[arg(long, value_name = "URL", value_delimiter = ',',
          value_parser = Discreet::<PostgresUrl>::new())]
    pub(super) watch_database: Vec<PostgresUrl>,
    /// How long the built-in server waits between read and write: 0, 5ms, 0..50ms
    /// [default: 1ms]
    #[arg(long, value_name = "PAUSE", env = "BANKRUN_RACE_WINDOW", hide_env_values = true)]
    pub(super) race_window: Option<Pause>,
    /// Connections of the built-in server to its database
    #[arg(long, value_name = "N", env = "BANKRUN_POOL_SIZE", hide_env_values = true)]
    pub(super) pool_size: Option<NonZeroU32>,
    /// The share of answers that the built-in server loses after the commit: 5%
    #[arg(long, value_name = "SHARE")]
    pub(super) lose_answers: Option<Share>,
    #[command(flatten)]
    pub(super) tls: TlsArgs,
    /// Print the heads of requests and answers to standard error; "full": bodies,
    /// too. Credentials are not shown
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "heads"
    )]
    pub(super) http_debug: Option<HttpDebug>,
    /// The same seed gives the same operations in the same order
    #[arg(long, value_name = "N", env = "BANKRUN_SEED", hide_env_values = true)]
    pub(super) seed: Option<u64>,
    #[command(flatten)]
    pub(super) load: LoadArgs,
    /// A variable: ${KEY} in a scenario, env.KEY in a script
    #[arg(short, long = "env", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(super) env: Vec<(String, String)>,
    /// Write every operation as it happens, one JSON object a line, for `check`;
    /// further runs go to FILE.2, FILE.3, ...
    #[arg(long, value_name = "FILE")]
    pub(super) history: Option<PathBuf>,
    /// Write the facts of the report as JSON ("-": standard output; the report
    /// then goes to standard error)
    #[arg(long, value_name = "FILE")]
    pub(super) summary_export: Option<PathBuf>,
    /// Write every sample as it comes: json=FILE (JSON lines) or csv=FILE, as k6
    /// writes them. Push metrics every 5 s: prometheus=URL (remote write; by
    /// itself: http://localhost:9090/api/v1/write). Several are possible
    #[arg(long, value_name = "KIND=FILE", value_parser = OutParser)]
    pub(super) out: Vec<OutSpecs>,
    /// Write the report as one HTML file, with charts, that opens anywhere
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Show the run in the browser while it goes on [default address: 127.0.0.1:8089]
    #[arg(
        long,
        value_name = "ADDRESS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = DEFAULT_PAGE
    )]
    pub(super) web: Option<SocketAddr>,
    /// Write the verdict as JUnit XML, for CI servers
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Run it so often, each time with the next seed, and count
    #[arg(long, value_name = "N")]
    pub(super) repeat: Option<NonZeroU32>,
    /// Run it again with the next seed until it fails (with --repeat: at most so
    /// often)
    #[arg(long)]
    pub(super) until_fail: bool,
    /// The verdict that counts as success (a canary: --mode naive --expect fail)
    #[arg(long, value_name = "VERDICT")]
    pub(super) expect: Option<Expected>,
    #[command(flatten)]
    pub(super) judge: JudgeArgs,
    /// Do not ask before resetting a target that is not on this machine
    #[arg(long, env = "BANKRUN_YES", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) yes: bool,
    /// Print the verdict alone: no progress, no tables
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Log what the built-in server does
    #[arg(short, long)]
    pub(super) verbose: bool,
    /// No colours [env: NO_COLOR]
    #[arg(long)]
    pub(super) no_color: bool,
}

impl RunArgs {
    /// What `--out` says, all of it.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &OutSpec> {
        self.out.iter().flat_map(|OutSpecs(specs)| specs)
    }

    /// The PostgreSQL of the targets, where it is named: of all, or of each.
    pub(super) fn watched_databases(&self) -> Result<Vec<PostgresUrl>, String> {
        match &self.watch_database[..] {
            [] => PostgresUrl::from_variable("BANKRUN_WATCH_DATABASE"),
            given => Ok(given.to_vec()),
        }
    }

    pub(super) fn summary_on_stdout(&self) -> bool {
        self.summary_export.as_deref() == Some(Path::new("-"))
    }
}

/// How a history is judged.
#[derive(Debug, Default, Args)]
pub(super) struct JudgeArgs {
    /// What could not have caught a lost update, or holds only by a guess about
    /// unknown outcomes, is inconclusive
    #[arg(long)]
    pub(super) strict: bool,
    /// Inconclusive where it stays undecided
    #[arg(long, value_name = "WHAT")]
    pub(super) require: Option<Required>,
    /// Steps that the search for an order in real time may take
    #[arg(long, value_name = "STEPS")]
    pub(super) check_budget: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Required {
    Linearizable,
}

impl JudgeArgs {
    pub(super) fn options(&self) -> JudgeOptions {
        JudgeOptions {
            strict: self.strict,
            require_linearizable: self.require == Some(Required::Linearizable),
            budget: self.check_budget.unwrap_or(JudgeOptions::default().budget),
        }
    }
}

/// One mode, or each in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modes {
    All,
    One(Mode),
}

impl fmt::Display for Modes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::One(mode) => mode.fmt(f),
        }
    }
}

impl FromStr for Modes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            mode => mode
                .parse()
                .map(Self::One)
                .map_err(|error: UnknownMode| format!("{error}, or `all`")),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Expected {
    Pass,
    Fail,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// How updates are done: robust, atomic, optimistic, serializable, advisory,
    /// batched; wrong: naive, transaction, check-then-act
    #[arg(long, value_name = "MODE", default_value = "robust", env = "BANKRUN_MODE")]
    pub(super) mode: Mode,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000", env = "BANKRUN_LISTEN")]
    pub(super) listen: SocketAddr,
    /// sqlite, sqlite:FILE, postgres (a private, throwaway one), postgres://...
    /// [env: BANKRUN_DATABASE, DATABASE_URL, PGHOST and its kin] [default: sqlite]
    #[arg(long, value_name = "DATABASE", value_parser = Discreet::<DatabaseSpec>::new())]
    pub(super) database: Option<DatabaseSpec>,
    /// How long an update waits between its read and its write: 0, 5ms, 0..50ms
    #[arg(long, value_name = "PAUSE", default_value = "1ms", env = "BANKRUN_RACE_WINDOW")]
    pub(super) race_window: Pause,
    /// Connections to the database
    #[arg(long, value_name = "N", env = "BANKRUN_POOL_SIZE")]
    pub(super) pool_size: Option<NonZeroU32>,
    /// The share of answers that are lost after the commit, to try clients: 5%
    #[arg(long, value_name = "SHARE", env = "BANKRUN_LOSE_ANSWERS")]
    pub(super) lose_answers: Option<Share>,
    /// How long a request waits for a connection before it is answered 503
    #[arg(long, value_name = "TIME", env = "BANKRUN_ACQUIRE_TIMEOUT", value_parser = duration)]
    pub(super) acquire_timeout: Option<Duration>,
    /// How long requests under way may take to finish when the server stops
    #[arg(long, value_name = "TIME", env = "BANKRUN_DRAIN_TIMEOUT", value_parser = duration)]
    pub(super) drain_timeout: Option<Duration>,
    /// Log every request
    #[arg(short, long)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
pub(super) struct UiArgs {
    /// Where the scenarios are
    #[arg(value_name = "FOLDER", default_value = "scenarios")]
    pub(super) folder: PathBuf,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = DEFAULT_PAGE, env = "BANKRUN_UI_LISTEN")]
    pub(super) listen: SocketAddr,
    /// A service that may be tested; several are possible
    #[arg(long, value_name = "URL", value_delimiter = ',', value_parser = TargetParser,
          env = "BANKRUN_TARGET", hide_env_values = true)]
    pub(super) target: Vec<Target>,
    /// A database for the built-in server, beside sqlite and postgres (a private,
    /// throwaway one)
    #[arg(long, value_name = "DATABASE", env = "BANKRUN_DATABASE", hide_env_values = true,
          value_parser = Discreet::<DatabaseSpec>::new())]
    pub(super) database: Option<DatabaseSpec>,
    /// The PostgreSQL of the targets, to see who waits for whom: one for all, or one
    /// for each in their order
    #[arg(long, value_name = "URL", value_delimiter = ',', env = "BANKRUN_WATCH_DATABASE",
          hide_env_values = true, value_parser = Discreet::<PostgresUrl>::new())]
    pub(super) watch_database: Vec<PostgresUrl>,
    /// A name beside localhost under which the page may be opened
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) allow_host: Vec<String>,
    #[command(flatten)]
    pub(super) tls: TlsArgs,
    /// A variable: ${KEY} in a scenario, env.KEY in a script
    #[arg(short, long = "env", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(super) env: Vec<(String, String)>,
    /// Targets that are not on this machine may be reset
    #[arg(long, env = "BANKRUN_YES", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// The database: postgres://user:password@host/database
    /// [env: BANKRUN_DATABASE, DATABASE_URL, PGHOST and its kin]
    #[arg(value_name = "DATABASE_URL", value_parser = Discreet::<PostgresUrl>::new())]
    pub(super) url: Option<PostgresUrl>,
    /// The time between two looks
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub(super) interval: Duration,
    /// Look so often, then end
    #[arg(long, value_name = "N")]
    pub(super) count: Option<NonZeroU32>,
    /// No colours [env: NO_COLOR]
    #[arg(long)]
    pub(super) no_color: bool,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// A history, as `run --history` writes it
    #[arg(value_name = "HISTORY")]
    pub(super) history: PathBuf,
    #[command(flatten)]
    pub(super) judge: JudgeArgs,
    /// Print the verdict alone
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// No colours [env: NO_COLOR]
    #[arg(long)]
    pub(super) no_color: bool,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// What `run --summary-export` wrote before
    #[arg(value_name = "BEFORE")]
    pub(super) before: PathBuf,
    /// The same of what came after; several are each compared with the first
    #[arg(value_name = "AFTER", required = true)]
    pub(super) after: Vec<PathBuf>,
    /// What may not get worse (exit code 1): p(95)+10%, http_reqs.rate-5%,
    /// missing+0, verdict
    #[arg(long, value_name = "LIMIT")]
    pub(super) fail_on: Vec<Limit>,
}

#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    /// Scenario files (YAML)
    #[arg(value_name = "SCENARIO", required = true)]
    pub(super) scenarios: Vec<PathBuf>,
    /// A variable for `${KEY}`
    #[arg(short, long = "env", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(super) env: Vec<(String, String)>,
    /// The seed whose plan is shown
    #[arg(long, value_name = "N", env = "BANKRUN_SEED")]
    pub(super) seed: Option<u64>,
    #[command(flatten)]
    pub(super) load: LoadArgs,
}

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The file to write; it must not exist
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// A Lua script instead of a YAML file (also chosen by the ending .lua)
    #[arg(long)]
    pub(super) lua: bool,
}

#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// The server to ask
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://localhost:3000",
        env = "BANKRUN_TARGET",
        hide_env_values = true,
        value_parser = TargetParser
    )]
    pub(super) target: Target,
    #[command(flatten)]
    pub(super) tls: TlsArgs,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    pub(super) shell: clap_complete::Shell,
}

/// The command as clap knows it, for completions and the manual page.
pub fn command() -> clap::Command {
    Cli::command()
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "expected a length of time such as 500ms or 5s".to_owned())
}

/// Looks that follow each other more closely would be a load of their own.
fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval < Duration::from_millis(10) {
        return Err("at least 10ms".to_owned());
    }
    Ok(interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_consistent() {
        command().debug_assert();
    }
}
