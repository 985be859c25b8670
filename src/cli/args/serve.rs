use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use super::values::duration;
use crate::bank::{DatabaseSpec, Mode, Share};
use crate::cli::database_url::Discreet;
use crate::cli::transport::{TargetParser, TlsArgs};
use crate::engine::Target;
use crate::model::{Pause, Secret};

#[derive(Debug, Args)]
pub(in crate::cli) struct ServeArgs {
    /// How updates are done: robust, atomic, optimistic, serializable, advisory,
    /// batched; wrong: naive, transaction, check-then-act
    #[arg(long, value_name = "MODE", default_value = "robust", env = "BANKRUN_MODE")]
    pub(in crate::cli) mode: Mode,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000", env = "BANKRUN_LISTEN")]
    pub(in crate::cli) listen: SocketAddr,
    /// sqlite, sqlite:FILE, postgres (a private, throwaway one),
    /// postgres:SETTING=VALUE (the same with settings of its own), postgres://...
    /// [env: BANKRUN_DATABASE, DATABASE_URL, PGHOST and its kin] [default: sqlite]
    #[arg(long, value_name = "DATABASE", value_parser = Discreet::<DatabaseSpec>::new())]
    pub(in crate::cli) database: Option<DatabaseSpec>,
    /// How long an update waits between its read and its write: 0, 5ms, 0..50ms
    #[arg(long, value_name = "PAUSE", default_value = "1ms", env = "BANKRUN_RACE_WINDOW")]
    pub(in crate::cli) race_window: Pause,
    /// Connections to the database [default: 32; with no race window 6 for each
    /// processor, from 8 to 32]
    #[arg(long, value_name = "N", env = "BANKRUN_POOL_SIZE")]
    pub(in crate::cli) pool_size: Option<NonZeroU32>,
    /// The share of answers that are lost after the commit, to try clients: 5%
    #[arg(long, value_name = "SHARE", env = "BANKRUN_LOSE_ANSWERS")]
    pub(in crate::cli) lose_answers: Option<Share>,
    /// Who sends this as a bearer token may reset the accounts and read the metrics
    #[arg(long, value_name = "TOKEN", env = "BANKRUN_TOKEN", hide_env_values = true,
          value_parser = Discreet::<Secret>::new(), conflicts_with = "allow_open")]
    pub(in crate::cli) token: Option<Secret>,
    /// Anyone who reaches the address may
    #[arg(long)]
    pub(in crate::cli) allow_open: bool,
    /// How long a request waits for the database, in sum, before it is answered 503
    /// [default: 5s]
    #[arg(long, value_name = "TIME", env = "BANKRUN_ACQUIRE_TIMEOUT", value_parser = duration)]
    pub(in crate::cli) acquire_timeout: Option<Duration>,
    /// How long a request may take in all before it is given up [default: 60s]
    #[arg(long, value_name = "TIME", env = "BANKRUN_REQUEST_TIMEOUT", value_parser = duration)]
    pub(in crate::cli) request_timeout: Option<Duration>,
    /// Connections of clients; whoever comes beyond is answered 503 [default: 16384]
    #[arg(long, value_name = "N", env = "BANKRUN_MAX_CONNECTIONS")]
    pub(in crate::cli) max_connections: Option<NonZeroU32>,
    /// How long a client may leave its connection idle [default: 60s]
    #[arg(long, value_name = "TIME", env = "BANKRUN_IDLE_TIMEOUT", value_parser = duration)]
    pub(in crate::cli) idle_timeout: Option<Duration>,
    /// How long a client may take for the head of a request [default: 10s]
    #[arg(long, value_name = "TIME", env = "BANKRUN_HEADER_TIMEOUT", value_parser = duration)]
    pub(in crate::cli) header_timeout: Option<Duration>,
    /// The largest head of a request, in bytes [default: 16384]
    #[arg(long, value_name = "BYTES", env = "BANKRUN_HEADER_LIMIT")]
    pub(in crate::cli) header_limit: Option<NonZeroU32>,
    /// The most headers of a request [default: 100]
    #[arg(long, value_name = "N", env = "BANKRUN_MAX_HEADERS", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(in crate::cli) max_headers: Option<u32>,
    /// How long a client may take for the body of a request, or to take in an answer
    /// [default: 10s]
    #[arg(long, value_name = "TIME", env = "BANKRUN_BODY_TIMEOUT", value_parser = duration)]
    pub(in crate::cli) body_timeout: Option<Duration>,
    /// The largest body of a request, in bytes [default: 1048576]
    #[arg(long, value_name = "BYTES", env = "BANKRUN_BODY_LIMIT")]
    pub(in crate::cli) body_limit: Option<NonZeroU32>,
    /// The memory for all large bodies and answers under way, in bytes; whoever needs
    /// more is answered 503 [default: 268435456]
    #[arg(long, value_name = "BYTES", env = "BANKRUN_MEMORY_LIMIT")]
    pub(in crate::cli) memory_limit: Option<NonZeroU32>,
    /// How long requests under way may take to finish when the server stops
    /// [default: 10s]
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
