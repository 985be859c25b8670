//! A run as it is watched while it goes on: what happened when, and how far the
//! balances in the answers are from what was acknowledged. The page and the HTML
//! report read nothing else.

mod board;
mod drift;
mod phase;
mod point;
mod run;
mod timeline;
mod view;

pub use board::{Board, Change, Cursor, LiveHandle};
pub use phase::Phase;
pub use run::{LiveRun, Watched};
