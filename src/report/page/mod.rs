//! What a browser shows: the assets of the live page, and the page itself.

mod assets;
mod live;

pub use assets::{Asset, asset};
pub(super) use assets::{SCRIPTS, SCRIPTS_OF_REPORT, STYLES};
pub use live::page;
