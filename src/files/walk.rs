//! One component after the other, and through no link: what is opened is what
//! stands there, whatever is renamed or linked meanwhile.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;

/// Never waits (a pipe, a device), never becomes this process's terminal, and is
/// inherited by nobody.
const CAREFULLY: OFlag =
    OFlag::O_NOFOLLOW.union(OFlag::O_NONBLOCK).union(OFlag::O_NOCTTY).union(OFlag::O_CLOEXEC);

/// A folder that is only passed through need not be readable.
#[cfg(target_os = "linux")]
const PASSING: OFlag = OFlag::O_PATH;
#[cfg(not(target_os = "linux"))]
const PASSING: OFlag = OFlag::O_RDONLY;

/// Opens `below` the folder. Of `below` each component is a name. `mode` counts
/// where `how` makes the file.
pub(super) fn open_below(folder: &Path, below: &Path, how: OFlag, mode: Mode) -> io::Result<File> {
    let mut names = Vec::new();
    for part in below.components() {
        match part {
            Component::Normal(name) => names.push(name),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => {
                return Err(io::ErrorKind::InvalidInput.into());
            }
        }
    }
    // Nothing below: the folder itself.
    let (last, folders) = names.split_last().ok_or(io::ErrorKind::IsADirectory)?;
    let passing = PASSING | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut here = open(folder, passing, Mode::empty())?;
    for name in folders {
        here = step(&here, name, passing | OFlag::O_NOFOLLOW, Mode::empty())?;
    }
    step(&here, last, how | CAREFULLY, mode).map(File::from)
}

fn step(folder: &OwnedFd, name: &OsStr, how: OFlag, mode: Mode) -> io::Result<OwnedFd> {
    Ok(openat(folder, name, how, mode)?)
}
