//! The command line from outside: what it prints and how it ends.

mod commands;
mod compare;
mod cut_off;
mod destinations;
mod foreign;
mod full;
mod gone;
mod histories;
mod junit;
mod k6;
mod load;
mod odd_answers;
mod on_call;
mod outcomes;
mod outputs;
mod prometheus;
mod repeats;
mod reports;
mod scripts;
mod secrets;
mod shipped;
mod signals;
mod terminal;
mod thresholds;
mod tokens;
