//! The checker against brute force, against simulated banks, against histories
//! that were broken on purpose, and against the hard cases.

mod adversarial;
mod attempts;
mod bank;
mod blame;
mod build;
mod certificates;
mod differential;
mod flow;
mod generator;
mod metamorphic;
mod mutations;
mod oracle;
mod settled;
mod simulated;
mod words;
