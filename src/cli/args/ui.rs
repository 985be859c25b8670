use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::values::key_value;
use crate::bank::DatabaseSpec;
use crate::cli::database_url::{Discreet, PostgresUrl};
use crate::cli::transport::{TargetParser, TlsArgs};
use crate::engine::Target;
use crate::model::Secret;

/// Where the page is, unless told otherwise; Locust has the same port.
pub(super) const DEFAULT_PAGE: &str = "127.0.0.1:8089";

#[derive(Debug, Args)]
pub(in crate::cli) struct UiArgs {
    /// Where the scenarios are
    #[arg(value_name = "FOLDER", default_value = "scenarios")]
    pub(in crate::cli) folder: PathBuf,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = DEFAULT_PAGE, env = "BANKRUN_UI_LISTEN")]
    pub(in crate::cli) listen: SocketAddr,
    /// A service that may be tested; several are possible [env: BANKRUN_TARGET]
    #[arg(long, value_name = "URL", value_delimiter = ',', value_parser = TargetParser)]
    pub(in crate::cli) target: Vec<Target>,
    /// A database for the built-in server, beside sqlite and postgres (a private,
    /// throwaway one) [env: BANKRUN_DATABASE]
    #[arg(long, value_name = "DATABASE", value_parser = Discreet::<DatabaseSpec>::new())]
    pub(in crate::cli) database: Option<DatabaseSpec>,
    /// The PostgreSQL of the targets, to see who waits for whom: one for all, or one
    /// for each in their order [env: BANKRUN_WATCH_DATABASE]
    #[arg(long, value_name = "URL", value_delimiter = ',',
          value_parser = Discreet::<PostgresUrl>::new())]
    pub(in crate::cli) watch_database: Vec<PostgresUrl>,
    /// A name beside localhost under which the page may be opened
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(in crate::cli) allow_host: Vec<String>,
    /// Sent to the targets as a bearer token, in the place of what a scenario says
    #[arg(long, value_name = "TOKEN", env = "BANKRUN_TOKEN", hide_env_values = true,
          value_parser = Discreet::<Secret>::new())]
    pub(in crate::cli) token: Option<Secret>,
    #[command(flatten)]
    pub(in crate::cli) tls: TlsArgs,
    /// A variable: ${KEY} in a scenario, env.KEY in a script
    #[arg(short, long = "env", value_name = "KEY=VALUE", value_parser = Discreet::by(key_value))]
    pub(in crate::cli) env: Vec<(String, String)>,
    /// Targets that are not on this machine may be reset
    #[arg(long, env = "BANKRUN_YES", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(in crate::cli) yes: bool,
}
