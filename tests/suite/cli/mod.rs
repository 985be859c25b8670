//! The command line from outside: what it prints and how it ends.

mod commands;
mod cut_off;
mod destinations;
mod histories;
mod load;
mod outcomes;
mod repeats;
mod reports;
mod shipped;
mod signals;
