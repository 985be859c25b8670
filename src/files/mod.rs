//! Files that somebody names, and how they are opened: of which kind, where they
//! may lie, how large they may be. Nothing here waits for a pipe or a device that
//! a scenario or a script names, and nothing is checked by name and then opened
//! by name: what counts is what was opened.

mod error;
mod kind;
mod named;
mod outbox;
mod reach;
mod root;
mod walk;

pub use error::FileError;
pub use kind::Kind;
pub use named::{STDIN, open, read};
pub use outbox::{NotWritten, Outbox};
pub use reach::Reach;
pub use root::Root;
