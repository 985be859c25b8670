//! `bankrun schema`: what editors need to complete and check scenario files.

use super::Exit;
use super::output::print;
use crate::scenario;

/// Prints the JSON Schema.
pub(super) fn schema() -> Exit {
    print(&format!("{:#}\n", scenario::schema()));
    Exit::Passed
}
