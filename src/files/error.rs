use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;

use thiserror::Error;

use super::Kind;

/// Why a file cannot be read. The words do not name it.
#[derive(Debug, Error)]
pub enum FileError {
    #[error("there is no such file")]
    Missing,
    #[error("the file may not be read")]
    Forbidden,
    #[error("this is {0}, not a regular file")]
    Kind(Kind),
    #[error("it lies outside of the folder `{}`", folder.display())]
    Outside { folder: PathBuf },
    /// In bytes.
    #[error("the file is larger than {} MB", limit / 1_000_000)]
    TooLarge { limit: u64 },
    /// The first line that is none, from 1.
    #[error("the file is not UTF-8 text (line {line})")]
    NotText { line: u64 },
    #[error("the file cannot be read: {0}")]
    Io(#[source] io::Error),
}

impl FileError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing => "paths are relative to the file that names them",
            Self::Forbidden => "check its permissions with `ls -l`",
            Self::Kind(Kind::Folder) => "name a file inside of it",
            Self::Kind(Kind::Pipe | Kind::Socket | Kind::Device) => "name a regular file",
            Self::Outside { .. } => {
                "a scenario reads files of its own folder and of those below, also through links; \
                 move the file there"
            }
            Self::TooLarge { .. } => "use a part of it; is this the right file?",
            Self::NotText { .. } => "save it with the encoding UTF-8",
            Self::Io(_) => "try to open it with another program",
        }
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Missing,
            ErrorKind::PermissionDenied => Self::Forbidden,
            ErrorKind::IsADirectory => Self::Kind(Kind::Folder),
            // Of a socket there is nothing that could be opened.
            _ if error.raw_os_error() == Some(nix::libc::ENXIO) => Self::Kind(Kind::Socket),
            _ => Self::Io(error),
        }
    }
}

/// The bytes of an open file, `limit` of them at most.
pub(super) fn bytes_of(file: File, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLarge { limit });
    }
    Ok(bytes)
}

/// The text, without the mark that some programs put before it.
pub(super) fn text_of(bytes: Vec<u8>) -> Result<String, FileError> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
        FileError::NotText { line }
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
