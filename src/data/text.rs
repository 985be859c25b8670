use std::path::Path;

use crate::files::{FileError, Root};

/// Files larger than this do not fit beside a load test.
const LARGEST: u64 = 100_000_000;

/// The whole file, which lies below this folder.
pub fn text(root: &Root, path: &Path) -> Result<String, FileError> {
    root.text(path, LARGEST)
}
