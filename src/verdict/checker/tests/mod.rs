//! The checker against brute force, against simulated banks, against histories
//! that were broken on purpose, and against the hard cases.

mod build;
mod differential;
mod generator;
mod oracle;
