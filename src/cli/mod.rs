//! The command line: arguments, one file per command, exit codes. Here the two
//! wings meet, and here alone something is printed.

mod args;
mod built_in;
mod check;
mod compare;
mod completions;
mod confirm;
mod database_url;
mod destination;
mod edge;
mod execution;
mod exit;
mod export;
mod faults;
mod folder;
mod health;
mod history;
mod launcher;
mod load;
mod main;
mod man;
mod new;
mod observation;
mod open_files;
mod out_spec;
mod output;
mod outputs;
mod push;
mod repeat;
mod run;
mod runner;
mod schema;
mod serve;
mod signals;
mod sources;
mod summary;
mod transport;
mod ui;
mod validate;
mod watch;
mod watch_database;
mod web;
mod written;

pub use args::command;
pub use exit::Exit;
pub use main::main;
