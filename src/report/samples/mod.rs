//! Every sample of a run, for programs: a line each, as k6 writes them.

mod csv;
mod json;
mod point;
mod writer;

pub use writer::{SampleFormat, Samples};
