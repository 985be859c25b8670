//! The command line, as clap reads it: what each command takes.

mod command;
mod explore;
mod files;
mod judge;
mod modes;
mod run;
mod serve;
mod ui;
mod values;
mod watch;
mod what_ifs;

pub use command::command;
pub(super) use command::{Cli, Command, CompletionsArgs};
pub(super) use explore::ExploreArgs;
pub(super) use files::{CompareArgs, NewArgs, ValidateArgs};
pub(super) use judge::{CheckArgs, JudgeArgs};
pub(super) use modes::Modes;
pub(super) use run::{Expected, RunArgs};
pub(super) use serve::{HealthArgs, ServeArgs};
pub(super) use ui::UiArgs;
pub(super) use watch::WatchArgs;
pub(super) use what_ifs::WhatIfArg;
