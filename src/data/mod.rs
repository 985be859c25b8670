//! Data files, of scenarios and of scripts alike: read whole, within bounds, and
//! every mistake has its line.

mod json;
mod quotes;
mod table;
mod text;
mod trouble;

pub use json::json;
pub use table::{Csv, Table};
pub use text::text;
pub use trouble::Trouble;
