//! What the user names: wherever it lies, a regular file or a pipe. A pipe
//! (`<(...)`, a named one, `-`) is waited for, as `cat` would.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::libc::{O_NOCTTY, O_NONBLOCK};

use super::error::bytes_of;
use super::{FileError, Kind};

/// The name of standard input.
pub const STDIN: &str = "-";

/// Opens the file to be read. `-` is standard input.
pub fn open(path: &Path) -> Result<File, FileError> {
    if path.as_os_str() == STDIN {
        return Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?));
    }
    // Only of a pipe is the writer waited for.
    let waits = Kind::of(path.metadata()?.file_type()) == Some(Kind::Pipe);
    let flags = if waits { O_NOCTTY } else { O_NOCTTY | O_NONBLOCK };
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    match Kind::of(file.metadata()?.file_type()) {
        None => Ok(file),
        Some(Kind::Pipe) if waits => Ok(file),
        Some(kind) => Err(FileError::Kind(kind)),
    }
}

/// All of the file, which is of `limit` bytes at most.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    bytes_of(open(path)?, limit)
}
