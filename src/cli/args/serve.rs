use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use super::values::duration;
use crate::bank::{DatabaseSpec, Mode, Share};
use crate::cli::database_url::Discreet;
use crate::cli::transport::{TargetParser, TlsArgs};
use crate::engine::Target;
use crate::model::Pause;

#[derive(Debug, Args)]
pub(in crate::cli) struct ServeArgs {
    /// How updates are done: robust, atomic, optimistic, serializable, advisory,
    /// batched; wrong: naive, transaction, check-then-act
    #[arg(long, value_name = "MODE", default_value = "robust", env = "BANKRUN_MODE")]
    pub(in crate::cli) mode: Mode,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000", env = "BANKRUN_LISTEN")]
    pub(in crate::cli) listen: SocketAddr,
    /// sqlite, sqlite:FILE, postgres (a private, throwaway one), postgres://...
    /// [env: BANKRUN_DATABASE, DATABASE_URL, PGHOST and its kin] [default: sqlite]
    #[arg(long, value_name = "DATABASE", value_parser = Discreet::<DatabaseSpec>::new())]
    pub(in crate::cli) database: Option<DatabaseSpec>,
    /// How long an update waits between its read and its write: 0, 5ms, 0..50ms
    #[arg(long, value_name = "PAUSE", default_value = "1ms", env = "BANKRUN_RACE_WINDOW")]
    pub(in crate::cli) race_window: Pause,
    /// Connections to the database
    #[arg(long, value_name = "N", env = "BANKRUN_POOL_SIZE")]
    pub(in crate::cli) pool_size: Option<NonZeroU32>,
    /// The share of answers that are lost after the commit, to try clients: 5%
    #[arg(long, value_name = "SHARE", env = "BANKRUN_LOSE_ANSWERS")]
    pub(in crate::cli) lose_answers: Option<Share>,
    /// How long a request waits for a connection before it is answered 503
    #[arg(long, value_name = "TIME", env = "BANKRUN_ACQUIRE_TIMEOUT", value_parser = duration)]
    pub(in crate::cli) acquire_timeout: Option<Duration>,
    /// How long requests under way may take to finish when the server stops
    #[arg(long, value_name = "TIME", env = "BANKRUN_DRAIN_TIMEOUT", value_parser = duration)]
    pub(in crate::cli) drain_timeout: Option<Duration>,
    /// Log every request
    #[arg(short, long)]
    pub(in crate::cli) verbose: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct HealthArgs {
    /// The server to ask
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://localhost:3000",
        env = "BANKRUN_TARGET",
        hide_env_values = true,
        value_parser = TargetParser
    )]
    pub(in crate::cli) target: Target,
    #[command(flatten)]
    pub(in crate::cli) tls: TlsArgs,
}
