use std::path::Path;

use super::error::text_of;
use super::{FileError, Root, named};

/// How far a file may be from whoever names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The user names it: it may lie anywhere, and be a pipe.
    Anywhere,
    /// A file names it, or a page.
    Below(Root),
}

impl Reach {
    /// The text of the file, which is of `limit` bytes at most.
    pub fn text(&self, path: &Path, limit: u64) -> Result<String, FileError> {
        match self {
            Self::Anywhere => text_of(named::read(path, limit)?),
            Self::Below(root) => root.text(path, limit),
        }
    }
}
