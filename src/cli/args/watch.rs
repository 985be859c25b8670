use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use super::values::interval;
use crate::cli::database_url::{Discreet, PostgresUrl};

#[derive(Debug, Args)]
pub(in crate::cli) struct WatchArgs {
    /// The database: postgres://user:password@host/database
    /// [env: BANKRUN_DATABASE, DATABASE_URL, PGHOST and its kin]
    #[arg(value_name = "DATABASE_URL", value_parser = Discreet::<PostgresUrl>::new())]
    pub(in crate::cli) url: Option<PostgresUrl>,
    /// The time between two looks
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub(in crate::cli) interval: Duration,
    /// Look so often, then end
    #[arg(long, value_name = "N")]
    pub(in crate::cli) count: Option<NonZeroU32>,
    /// No colours [env: NO_COLOR]
    #[arg(long)]
    pub(in crate::cli) no_color: bool,
}
