//! What the browser runs; it follows in the next commits.

mod assets;

pub use assets::{Asset, asset, page};
