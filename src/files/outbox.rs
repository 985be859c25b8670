//! What a script writes.

use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use nix::fcntl::OFlag;
use nix::libc::{ELOOP, EMLINK, ENOTDIR, ENXIO};
use nix::sys::stat::Mode;
use thiserror::Error;

use super::Kind;
use super::walk::open_below;

/// Takes files that come from somewhere and shall do no harm: they lie below one
/// folder, behind no link and no name with a dot before it, and replace nothing
/// that this process did not write itself.
#[derive(Clone, Copy, Debug)]
pub struct Outbox<'a> {
    folder: &'a Path,
    overwrite: bool,
}

/// Why a file was not written.
#[derive(Debug, Error)]
pub enum NotWritten {
    #[error("a script writes only into this folder and below")]
    Outside,
    #[error("a script writes to no name that begins with a dot")]
    Hidden,
    #[error("a link is in the way, and a script writes through none")]
    Link,
    #[error("a part of its path is no folder, or a link")]
    NoFolder,
    #[error("it was there before the run; --overwrite replaces it")]
    Exists,
    #[error("there is {0} of that name")]
    Kind(Kind),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The files that were written and that nobody has changed since.
static WRITTEN: Mutex<BTreeSet<Mark>> = Mutex::new(BTreeSet::new());

/// Which file it is, and when it was last changed.
type Mark = [i64; 4];

impl<'a> Outbox<'a> {
    /// `overwrite`: what was there before may be replaced, too.
    pub fn new(folder: &'a Path, overwrite: bool) -> Self {
        Self { folder, overwrite }
    }

    /// Writes all of the text to the file of that name.
    pub fn write(&self, name: &str, text: &str) -> Result<(), NotWritten> {
        let mut file = self.open(&below(name)?)?;
        let written = file.write_all(text.as_bytes());
        // Also what a full disk has cut off is ours.
        let mark = mark(&file.metadata()?);
        WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).insert(mark);
        Ok(written?)
    }

    fn open(&self, name: &Path) -> Result<File, NotWritten> {
        let new = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL;
        let mode = Mode::from_bits_truncate(0o666);
        match open_below(self.folder, name, new, mode) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map_err(refusal),
        }
        let file = open_below(self.folder, name, OFlag::O_WRONLY, Mode::empty());
        let file = file.map_err(refusal)?;
        let found = file.metadata()?;
        if let Some(kind) = Kind::of(found.file_type()) {
            return Err(NotWritten::Kind(kind));
        }
        let is_ours = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).remove(&mark(&found));
        if !is_ours && !self.overwrite {
            return Err(NotWritten::Exists);
        }
        // By its other name it is somebody else's.
        if found.nlink() > 1 {
            return Err(NotWritten::Link);
        }
        file.set_len(0)?;
        Ok(file)
    }
}

/// The name as a path that stays where it begins, and hides nothing.
fn below(name: &str) -> Result<PathBuf, NotWritten> {
    let mut below = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) if part.as_bytes().starts_with(b".") => {
                return Err(NotWritten::Hidden);
            }
            Component::Normal(part) => below.push(part),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => {
                return Err(NotWritten::Outside);
            }
        }
    }
    if below.as_os_str().is_empty() { Err(NotWritten::Outside) } else { Ok(below) }
}

fn refusal(error: io::Error) -> NotWritten {
    match error.raw_os_error() {
        Some(ELOOP | EMLINK) => NotWritten::Link,
        Some(ENOTDIR) => NotWritten::NoFolder,
        Some(ENXIO) => NotWritten::Kind(Kind::Pipe),
        _ if error.kind() == io::ErrorKind::IsADirectory => NotWritten::Kind(Kind::Folder),
        _ => NotWritten::Io(error),
    }
}

fn mark(found: &Metadata) -> Mark {
    [found.dev() as i64, found.ino() as i64, found.ctime(), found.ctime_nsec()]
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use nix::unistd::mkfifo;

    use super::*;

    fn written(folder: &Path, overwrite: bool, name: &str) -> Result<(), String> {
        Outbox::new(folder, overwrite).write(name, "new").map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_new_is_written_and_written_again() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("out")).expect("a folder");
        for name in ["a.json", "./a.json", "out/a.json", "out/a.json"] {
            assert_eq!(written(folder.path(), false, name), Ok(()), "{name}");
            assert_eq!(fs::read_to_string(folder.path().join(name)).expect("a file"), "new");
        }
        // Somebody else wrote to it meanwhile.
        fs::write(folder.path().join("a.json"), "precious").expect("a file");
        assert!(written(folder.path(), false, "a.json").is_err());
        assert_eq!(fs::read_to_string(folder.path().join("a.json")).expect("a file"), "precious");
    }

    #[test]
    fn nothing_is_written_where_it_could_do_harm() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("in");
        fs::create_dir_all(folder.join(".git")).expect("folders");
        fs::create_dir_all(folder.join("deep")).expect("folders");
        for file in ["precious", "in/here", "in/.git/config"] {
            fs::write(place.path().join(file), "old").expect("a file");
        }
        symlink("../precious", folder.join("link")).expect("a link");
        symlink("../nothing-yet", folder.join("dangling")).expect("a link");
        symlink("..", folder.join("up")).expect("a link");
        symlink(".", folder.join("deep/same")).expect("a link");
        fs::hard_link(place.path().join("precious"), folder.join("other")).expect("a link");
        mkfifo(&folder.join("pipe"), Mode::S_IRUSR | Mode::S_IWUSR).expect("a pipe");
        for overwrite in [false, true] {
            for (name, why) in [
                ("", "only into this folder"),
                (".", "only into this folder"),
                ("../precious", "only into this folder"),
                ("/precious", "only into this folder"),
                ("deep/../../precious", "only into this folder"),
                (".git/config", "begins with a dot"),
                (".bashrc", "begins with a dot"),
                ("deep/.env", "begins with a dot"),
                ("link", "a link is in the way"),
                ("dangling", "a link is in the way"),
                ("up/precious", "no folder, or a link"),
                ("deep/same/new", "no folder, or a link"),
                ("here/new", "no folder, or a link"),
                ("deep", "there is a folder of that name"),
                ("pipe", "there is a named pipe of that name"),
                ("missing/new", "No such file"),
            ] {
                let refused = written(&folder, overwrite, name).expect_err(name);
                assert!(refused.contains(why), "{name}: {refused}");
            }
        }
        assert!(written(&folder, false, "here").is_err_and(|why| why.contains("--overwrite")));
        assert!(written(&folder, true, "other").is_err_and(|why| why.contains("link")));
        assert_eq!(written(&folder, true, "here"), Ok(()));
        for (file, text) in [("precious", "old"), ("in/.git/config", "old"), ("in/here", "new")] {
            assert_eq!(
                fs::read_to_string(place.path().join(file)).expect("a file"),
                text,
                "{file}"
            );
        }
        assert!(!place.path().join("nothing-yet").exists());
    }
}
