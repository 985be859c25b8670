//! Temporary folders that do not outlive their owner for long: what a SIGKILL
//! left is removed by the next bankrun.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{Mode, fstat};
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};
use tempfile::TempDir;

const PREFIX: &str = "bankrun-";

/// Whoever holds the lock on this file owns the folder, and lives.
const LOCK: &str = "owner.lock";
/// The same before it is locked.
const UNLOCKED: &str = "owner.new";

/// The database in the folder, and what SQLite puts beside it.
pub(super) const DATABASE: &str = "bank.sqlite";
const BESIDE: [&str; 3] = ["bank.sqlite-wal", "bank.sqlite-shm", "bank.sqlite-journal"];

/// A folder of this process, for one database.
#[derive(Debug)]
pub(super) struct Temporary {
    folder: TempDir,
    /// Held until the process ends, however it ends.
    _owner: File,
}

impl Temporary {
    pub(super) fn new() -> io::Result<Self> {
        Self::below(&std::env::temp_dir())
    }

    fn below(place: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(place)?;
        let unlocked = folder.path().join(UNLOCKED);
        let owner = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unlocked)?;
        // From then on others may look: whom they find is alive. On a file system
        // without locks nobody ever looks.
        if owner.try_lock().is_ok() {
            fs::rename(unlocked, folder.path().join(LOCK))?;
        }
        Ok(Self { folder, _owner: owner })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn close(self) -> io::Result<()> {
        self.folder.close()
    }
}

/// Removes the folders that processes left which were killed. Those of other
/// users, of processes that live, and whatever else has such a name, are left
/// alone, and so is a folder with anything in it that is not ours.
pub fn sweep() {
    sweep_below(&std::env::temp_dir());
}

fn sweep_below(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_ours && let Err(error) = remove_if_left(&entry.path()) {
            tracing::debug!(%error, folder = %entry.path().display(), "is left as it is");
        }
    }
}

/// What is looked at and what is removed is one and the same folder, whatever
/// its name leads to meanwhile: all goes by its descriptor.
fn remove_if_left(path: &Path) -> io::Result<()> {
    let how = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let folder = open(path, how, Mode::empty())?;
    let found = fstat(&folder)?;
    if found.st_uid != geteuid().as_raw() {
        return Ok(());
    }
    let how = OFlag::O_WRONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let owner = match openat(&folder, LOCK, how, Mode::empty()) {
        Ok(owner) => File::from(owner),
        // Of another kind, or not yet locked.
        Err(nix::errno::Errno::ENOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if owner.try_lock().is_err() {
        return Ok(());
    }
    for file in BESIDE.iter().chain(&[DATABASE, LOCK]) {
        match unlinkat(&folder, *file, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(nix::errno::Errno::ENOENT) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Empty now, or somebody else's, too: then it stays.
    let now = fs::symlink_metadata(path)?;
    if (now.dev(), now.ino()) == (found.st_dev as u64, found.st_ino as u64) {
        fs::remove_dir(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn left(place: &Path) -> Vec<String> {
        let names = fs::read_dir(place).expect("a folder").map(|entry| entry.expect("an entry"));
        let mut names: Vec<String> =
            names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// As a SIGKILL leaves it.
    fn abandoned(place: &Path) -> std::path::PathBuf {
        let Temporary { folder, _owner } = Temporary::below(place).expect("a folder");
        let path = folder.keep();
        for file in [DATABASE, BESIDE[0], BESIDE[1]] {
            fs::write(path.join(file), "x").expect("a file");
        }
        path
    }

    #[test]
    fn what_was_left_goes_and_what_lives_stays() {
        let place = tempfile::tempdir().expect("a folder");
        let alive = Temporary::below(place.path()).expect("a folder");
        fs::write(alive.path().join(DATABASE), "x").expect("a file");
        for _ in 0..3 {
            abandoned(place.path());
        }
        sweep_below(place.path());
        let name = alive.path().file_name().expect("a name").to_string_lossy().into_owned();
        assert_eq!(left(place.path()), [name]);
        assert!(alive.path().join(DATABASE).exists());
        let path = alive.path().to_owned();
        alive.close().expect("removed");
        assert!(!path.exists());
    }

    #[test]
    fn what_is_not_certainly_ours_is_left_alone() {
        let place = tempfile::tempdir().expect("a folder");
        let elsewhere = tempfile::tempdir().expect("a folder");
        // Ours once, and somebody put something into it.
        let more = abandoned(place.path());
        fs::write(more.join("precious"), "x").expect("a file");
        // Never ours: no lock, a lock that is a link, a link in place of the folder.
        let other = place.path().join("bankrun-other");
        fs::create_dir(&other).expect("a folder");
        fs::write(other.join(DATABASE), "x").expect("a file");
        fs::write(elsewhere.path().join("target"), "x").expect("a file");
        let linked = place.path().join("bankrun-linked");
        fs::create_dir(&linked).expect("a folder");
        symlink(elsewhere.path().join("target"), linked.join(LOCK)).expect("a link");
        let real = abandoned(elsewhere.path());
        symlink(&real, place.path().join("bankrun-link")).expect("a link");
        fs::write(place.path().join("bankrun-file"), "x").expect("a file");
        // Made this instant, and not locked yet.
        let young = place.path().join("bankrun-young");
        fs::create_dir(&young).expect("a folder");
        fs::write(young.join(UNLOCKED), "").expect("a file");
        let before = left(place.path());
        sweep_below(place.path());
        assert_eq!(left(place.path()), before);
        for path in [
            more.join("precious"),
            other.join(DATABASE),
            elsewhere.path().join("target"),
            real.join(DATABASE),
        ] {
            assert!(path.exists(), "{}", path.display());
        }
    }

    /// One makes a folder while others sweep: it is never taken from under it.
    #[test]
    fn several_at_once_take_nothing_from_each_other() {
        let place = tempfile::tempdir().expect("a folder");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        sweep_below(place.path());
                        let own = Temporary::below(place.path()).expect("a folder");
                        fs::write(own.path().join(DATABASE), "x").expect("it is there");
                        sweep_below(place.path());
                        assert!(own.path().join(DATABASE).exists());
                        own.close().expect("removed");
                    }
                });
            }
        });
        assert_eq!(left(place.path()), Vec::<String>::new());
    }
}
