//! The command line from outside: what it prints and how it ends.

mod commands;
mod cut_off;
mod destinations;
mod foreign;
mod histories;
mod load;
mod odd_answers;
mod on_call;
mod outcomes;
mod repeats;
mod reports;
mod scripts;
mod shipped;
mod signals;
mod thresholds;
