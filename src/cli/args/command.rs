use clap::{Args, CommandFactory, Parser, Subcommand};

use super::{
    CheckArgs, CompareArgs, ExploreArgs, HealthArgs, NewArgs, RunArgs, ServeArgs, UiArgs,
    ValidateArgs, WatchArgs,
};
use crate::cli::Exit;

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
pub(in crate::cli) struct Cli {
    #[command(subcommand)]
    pub(in crate::cli) command: Option<Command>,
    #[command(flatten)]
    pub(in crate::cli) run: RunArgs,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Run scenarios (the default command)
    #[command(after_help = Exit::table())]
    Run(Box<RunArgs>),
    /// Run requests in every order of their SQL statements
    #[command(after_help = Exit::table())]
    Explore(Box<ExploreArgs>),
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

#[derive(Debug, Args)]
pub(in crate::cli) struct CompletionsArgs {
    pub(in crate::cli) shell: clap_complete::Shell,
}

/// The command as clap knows it, for completions and the manual page.
pub fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_consistent() {
        command().debug_assert();
    }
}
