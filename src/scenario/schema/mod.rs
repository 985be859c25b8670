//! What a scenario file may hold, said once: for editors (`bankrun schema`) and
//! for the tables of `docs/scenarios.md`.
//!
//! `sections` lists every mapping with its keys; the tests hold them against
//! the key tables of the reader, so that neither can go its own way. `shape` is
//! what a value may be, `rules` what keys of one mapping ask of each other.

mod document;
mod rules;
mod section;
mod sections;
mod shape;
#[cfg(test)]
mod tests;

pub use document::schema;
