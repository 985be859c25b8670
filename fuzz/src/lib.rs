//! What `cargo test` tries with mutations, for a fuzzer that watches coverage.

#[path = "../../tests/suite/input/targets/mod.rs"]
mod targets;

/// Gives the bytes to the target of this name.
pub fn run(target: &str, bytes: &[u8]) {
    (targets::named(target).run)(bytes);
}
