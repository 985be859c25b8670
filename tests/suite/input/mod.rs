//! Bytes from anywhere: whatever reads what others wrote, given what is kept in
//! `fuzz/corpus` and mutations of it, the same ones every time.
//!
//! The targets stand in `targets`, for these tests and for `fuzz/`, where a
//! fuzzer drives them that watches their coverage.

mod corpus;
mod drive;
mod kept;
mod mutation;
mod targets;
