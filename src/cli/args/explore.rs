use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::duration;
use super::{Expected, Modes, WhatIfArg};
use crate::bank::DatabaseSpec;
use crate::cli::database_url::Discreet;
use crate::cli::explore::{Operation, Order};
use crate::engine::Target;
use crate::explore::WhatIf;
use crate::isolation::IsolationLevel;

#[derive(Debug, Args)]
pub(in crate::cli) struct ExploreArgs {
    /// YAML with `requests:` to a service of your own, instead of the bank; or
    /// sessions of SQL without a service (a file of PostgreSQL's isolationtester, or
    /// YAML with `sessions:`), which run in a scratch database
    #[arg(value_name = "FILE", conflicts_with_all = ["mode", "operations", "three"])]
    pub(in crate::cli) file: Option<PathBuf>,
    /// With FILE: starts the service, and ends it afterwards. DATABASE_URL and the
    /// PG* variables name the database that it is to use: -- npm start
    #[arg(last = true, value_name = "COMMAND", requires = "file")]
    pub(in crate::cli) command: Vec<String>,
    /// With FILE: where the service listens, instead of what the file says
    #[arg(long, value_name = "URL", requires = "file")]
    pub(in crate::cli) target: Option<Target>,
    /// With FILE: where the service is to find its database; by default a free port
    /// of 127.0.0.1
    #[arg(long, value_name = "ADDRESS", requires = "file")]
    pub(in crate::cli) proxy: Option<SocketAddr>,
    /// With sessions: each isolation level in turn, instead of the one it asks for
    /// (read-committed, repeatable-read, serializable)
    #[arg(long, value_name = "LEVEL", value_delimiter = ',', requires = "file")]
    pub(in crate::cli) isolation: Vec<IsolationLevel>,
    /// With sessions: every order of all steps, also where it lists permutations
    #[arg(long, requires = "file")]
    pub(in crate::cli) all_orders: bool,
    /// The bank in this mode; several are explored one after the other
    ///
    /// Correct: robust, atomic, optimistic, serializable, advisory, batched. Wrong
    /// in instructive ways: naive, transaction, check-then-act. Each in turn: all.
    #[arg(long, value_name = "MODE", value_delimiter = ',', default_value = "naive,robust")]
    pub(in crate::cli) mode: Vec<Modes>,
    /// The PostgreSQL of the bank: postgres (a private, throwaway one) or
    /// postgres://..., whose accounts are reset; nobody else may use it meanwhile
    #[arg(long, value_name = "DATABASE", default_value = "postgres", env = "BANKRUN_DATABASE",
          hide_env_values = true, value_parser = Discreet::<DatabaseSpec>::new())]
    pub(in crate::cli) database: DatabaseSpec,
    /// A request that runs beside the others of this option, in the place of the
    /// usual pairs: "deposit 10 1", "withdraw 80 1", "transfer 5 1 2", "balance 1";
    /// with an Idempotency-Key: "deposit 10 1 key=k". Accounts 1, 2 and 3 begin
    /// with 1000 each
    #[arg(long = "op", value_name = "OPERATION")]
    pub(in crate::cli) operations: Vec<Operation>,
    /// Three deposits at once, beside the usual pairs
    #[arg(long, conflicts_with = "operations")]
    pub(in crate::cli) three: bool,
    /// Run this order alone: the requests whose statements come one after the
    /// other, as a report prints them. A request that waits is passed over
    #[arg(long, value_name = "A,B,B,A", conflicts_with_all = ["preemptions", "sample", "reduce", "first"])]
    pub(in crate::cli) replay: Option<Order>,
    /// Stop at the first order that fails
    #[arg(long)]
    pub(in crate::cli) first: bool,
    /// Only orders that interrupt a request so often at most; by default all
    /// orders, those with the fewest interruptions first
    #[arg(long, value_name = "N", conflicts_with = "sample")]
    pub(in crate::cli) preemptions: Option<usize>,
    /// Draw so many orders; by default 1000 from four requests on, where there are
    /// too many to run them all
    #[arg(long, value_name = "N")]
    pub(in crate::cli) sample: Option<NonZeroUsize>,
    /// The seed by which orders are drawn
    #[arg(
        long,
        value_name = "N",
        env = "BANKRUN_SEED",
        hide_env_values = true,
        default_value_t = 1
    )]
    pub(in crate::cli) seed: u64,
    /// Of orders that differ only in statements on different tables, run one. The
    /// tables are learnt from the locks that PostgreSQL takes
    #[arg(long, conflicts_with_all = ["preemptions", "sample"])]
    pub(in crate::cli) reduce: bool,
    /// Where an order fails, explore again with a change that the proxy makes to what
    /// the service says to its database: isolation=repeatable-read,
    /// isolation=serializable, for-update, or all. The exit code is that of the
    /// service as it is
    ///
    /// isolation=LEVEL: the default of the service's transactions. for-update: queries
    /// of one table, which a later statement of the same transaction writes, lock the
    /// rows that they read.
    #[arg(long = "what-if", value_name = "CHANGE", value_delimiter = ',')]
    pub(in crate::cli) what_ifs: Vec<WhatIfArg>,
    /// How long a request may take that nothing holds up
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(in crate::cli) timeout: Duration,
    /// How long each group of requests is explored
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(in crate::cli) time: Duration,
    /// The verdict that counts as success (a canary: --mode naive --expect fail)
    #[arg(long, value_name = "VERDICT")]
    pub(in crate::cli) expect: Option<Expected>,
    /// Write the results as JSON ("-": standard output; the report then goes to
    /// standard error)
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) json: Option<PathBuf>,
    /// Write the verdicts as JUnit XML, for CI servers
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) junit: Option<PathBuf>,
    /// Write the report as one HTML file that opens anywhere
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// Print the verdicts alone
    #[arg(short, long)]
    pub(in crate::cli) quiet: bool,
    /// No colours [env: NO_COLOR]
    #[arg(long)]
    pub(in crate::cli) no_color: bool,
}

impl ExploreArgs {
    /// The changes that are to be tried, each once.
    pub(in crate::cli) fn what_ifs(&self) -> Vec<WhatIf> {
        let is_asked = |it: &WhatIf| {
            self.what_ifs.contains(&WhatIfArg::All) || self.what_ifs.contains(&WhatIfArg::One(*it))
        };
        WhatIf::ALL.into_iter().filter(is_asked).collect()
    }

    /// An option that sessions of SQL do not have.
    pub(in crate::cli) fn option_of_requests(&self) -> Option<&'static str> {
        let given = [
            ("--target", self.target.is_some()),
            ("--proxy", self.proxy.is_some()),
            ("a command after `--`", !self.command.is_empty()),
            ("--replay", self.replay.is_some()),
            ("--first", self.first),
            ("--preemptions", self.preemptions.is_some()),
            ("--sample", self.sample.is_some()),
            ("--reduce", self.reduce),
            ("--junit", self.junit.is_some()),
            ("--html", self.html.is_some()),
        ];
        given.iter().find(|(_, is_given)| *is_given).map(|(option, _)| *option)
    }
}
