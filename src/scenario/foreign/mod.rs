//! Files of other tools. Nobody reads them here; they are recognised, so that it
//! can be said what they are and what to do.

mod keys;
mod recognise;
mod requests;
mod tool;

pub use tool::Tool;
