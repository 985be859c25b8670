use std::fmt;
use std::fs::FileType;
use std::os::unix::fs::FileTypeExt;

/// What is no regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Folder,
    Pipe,
    Socket,
    Device,
}

impl Kind {
    /// `None`: a regular file.
    pub(super) fn of(found: FileType) -> Option<Self> {
        if found.is_file() {
            None
        } else if found.is_dir() {
            Some(Self::Folder)
        } else if found.is_fifo() {
            Some(Self::Pipe)
        } else if found.is_socket() {
            Some(Self::Socket)
        } else {
            Some(Self::Device)
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "a folder",
            Self::Pipe => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
        })
    }
}
