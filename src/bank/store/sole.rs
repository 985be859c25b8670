use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// That a SQLite file is this process's alone, for as long as this is held, and
/// SIGKILL included. The writers of one process queue; those of two would poll for
/// the file's one lock, and starve each other.
#[derive(Debug)]
pub(super) struct Sole {
    _lock: File,
}

/// Why it is not.
#[derive(Debug)]
pub(super) enum NotSole {
    /// It is that of this process, as far as it is known.
    Taken(Option<u32>),
    Io(PathBuf, io::Error),
}

impl Sole {
    /// Takes it, if nobody has it. A file beside that of the database is what is
    /// locked, and stays there.
    pub(super) fn take(database: &Path) -> Result<Self, NotSole> {
        let path = beside(database);
        let failed = |error| NotSole::Io(path.clone(), error);
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut lock = opened.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who has just taken it may not have said so yet.
                let _ = lock.read_to_string(&mut holder);
                return Err(NotSole::Taken(holder.trim().parse().ok()));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // For people; the lock holds without it.
        let _ = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
        Ok(Self { _lock: lock })
    }
}

/// `bank.db-bankrun` beside `bank.db`, wherever links to it lead.
fn beside(database: &Path) -> PathBuf {
    let file = std::fs::canonicalize(database).unwrap_or_else(|_| database.to_owned());
    let mut name: OsString = file.into();
    name.push("-bankrun");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_by_whatever_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("bank.db");
        std::fs::write(&file, "").expect("a file");
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let held = Sole::take(&file).expect("free");
        for name in [&file, &link] {
            let refused = Sole::take(name).expect_err("taken");
            let NotSole::Taken(holder) = refused else { panic!("{refused:?}") };
            assert_eq!(holder, Some(std::process::id()));
        }
        Sole::take(&folder.path().join("other.db")).expect("another one");
        drop(held);
        Sole::take(&link).expect("free again");
        let nowhere = Sole::take(&folder.path().join("none/bank.db")).expect_err("no folder");
        assert!(matches!(nowhere, NotSole::Io(..)), "{nowhere:?}");
    }
}
