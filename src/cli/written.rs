//! Files that are written to, whatever is behind their names.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use nix::libc::O_NONBLOCK;

/// Makes the file, or opens it to write at its end.
pub(super) fn append(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().append(true).create(true))
}

/// Makes the file, or empties it.
pub(super) fn create(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().write(true).create(true).truncate(true))
}

/// A named pipe that nobody reads from is an
/// error: opened as it is, it would wait for a reader for ever.
fn open(path: &Path, usual: &OpenOptions) -> io::Result<File> {
    let is_pipe = std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo());
    if !is_pipe {
        return usual.open(path);
    }
    let mut writing = OpenOptions::new();
    writing.write(true);
    let probe = writing.clone().custom_flags(O_NONBLOCK).open(path);
    let _reader_is_there = probe.map_err(|error| match error.raw_os_error() {
        Some(nix::libc::ENXIO) => io::Error::other("nobody reads from this pipe"),
        _ => error,
    })?;
    writing.open(path)
}

/// Writes all of it.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    create(path)?.write_all(text.as_bytes())
}
