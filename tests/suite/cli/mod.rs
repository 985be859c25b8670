//! The command line from outside: what it prints and how it ends.

mod commands;
mod destinations;
mod outcomes;
mod reports;
mod signals;
