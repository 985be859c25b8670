use std::fs::File;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;

use super::error::{bytes_of, text_of};
use super::walk::open_below;
use super::{FileError, Kind};

/// The folder of whatever names files. They lie in it or below; a name or a link
/// that leads out of it is refused, and so is all but regular files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root(PathBuf);

impl Root {
    /// An empty path is the current folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self(if folder.as_os_str().is_empty() { ".".into() } else { folder })
    }

    /// The folder that this file is in, as its path says.
    pub fn beside(file: &Path) -> Self {
        Self::new(file.parent().unwrap_or(Path::new("")))
    }

    /// Opens the file to be read. `path` is not relative to this folder but to
    /// the current one, like the folder's own.
    pub fn open(&self, path: &Path) -> Result<File, FileError> {
        let folder = self.0.canonicalize()?;
        let real = path.canonicalize()?;
        let below = real.strip_prefix(&folder);
        let below = below.map_err(|_| FileError::Outside { folder: self.0.clone() })?;
        // Links were followed. One that is put there only now is not.
        let file = open_below(&folder, below, OFlag::O_RDONLY, Mode::empty())?;
        match Kind::of(file.metadata()?.file_type()) {
            None => Ok(file),
            Some(kind) => Err(FileError::Kind(kind)),
        }
    }

    /// All of the file, which is of `limit` bytes at most.
    pub fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
        bytes_of(self.open(path)?, limit)
    }

    /// The same as text.
    pub fn text(&self, path: &Path, limit: u64) -> Result<String, FileError> {
        text_of(self.read(path, limit)?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use nix::unistd::mkfifo;

    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("in/deeper")).expect("folders");
        for file in ["secret", "in/a", "in/deeper/b"] {
            fs::write(folder.path().join(file), file).expect("a file");
        }
        folder
    }

    #[test]
    fn what_lies_in_the_folder_is_read_also_through_links() {
        let folder = folder();
        let inside = folder.path().join("in");
        symlink("deeper/b", inside.join("link")).expect("a link");
        symlink(inside.join("a"), inside.join("whole")).expect("a link");
        // As Kubernetes mounts a ConfigMap.
        symlink("deeper", inside.join("..data")).expect("a link");
        symlink("..data/b", inside.join("b")).expect("a link");
        let root = Root::new(&inside);
        for (path, text) in [
            ("a", "in/a"),
            ("./deeper/b", "in/deeper/b"),
            ("deeper/../a", "in/a"),
            ("../in/a", "in/a"),
            ("link", "in/deeper/b"),
            ("whole", "in/a"),
            ("b", "in/deeper/b"),
        ] {
            assert_eq!(root.text(&inside.join(path), 100).expect(path), text, "{path}");
        }
    }

    #[test]
    fn what_leads_out_is_refused() {
        let folder = folder();
        let inside = folder.path().join("in");
        symlink("../secret", inside.join("link")).expect("a link");
        symlink("link", inside.join("twice")).expect("a link");
        symlink("..", inside.join("up")).expect("a link");
        let root = Root::new(&inside);
        for path in
            ["../secret", "link", "twice", "up/secret", "deeper/../../secret", "/etc/passwd"]
        {
            let refused = root.open(&inside.join(path));
            assert!(matches!(refused, Err(FileError::Outside { .. })), "{path}: {refused:?}");
        }
        // Nor a folder that has the same beginning.
        fs::create_dir(folder.path().join("in2")).expect("a folder");
        fs::write(folder.path().join("in2/a"), "").expect("a file");
        assert!(root.open(&inside.join("../in2/a")).is_err());
    }

    #[test]
    fn only_regular_files_and_nothing_waits() {
        let folder = folder();
        let inside = folder.path().join("in");
        mkfifo(&inside.join("pipe"), Mode::S_IRUSR | Mode::S_IWUSR).expect("a pipe");
        let _socket = UnixListener::bind(inside.join("socket")).expect("a socket");
        let root = Root::new(&inside);
        for (path, kind) in [
            ("pipe", Kind::Pipe),
            ("socket", Kind::Socket),
            ("deeper", Kind::Folder),
            ("", Kind::Folder),
        ] {
            let refused = root.open(&inside.join(path)).expect_err(path);
            assert!(
                matches!(refused, FileError::Kind(found) if found == kind),
                "{path}: {refused}"
            );
        }
        let device = Root::new("/dev").open(Path::new("/dev/zero")).expect_err("a device");
        assert!(matches!(device, FileError::Kind(Kind::Device)), "{device}");
        assert!(matches!(root.open(&inside.join("no")), Err(FileError::Missing)));
        assert!(matches!(root.read(&inside.join("a"), 3), Err(FileError::TooLarge { limit: 3 })));
        assert_eq!(root.read(&inside.join("a"), 4).expect("it fits"), b"in/a");
    }

    /// A link in the place of what was looked at is not followed.
    #[test]
    fn a_link_that_comes_in_between_is_not_followed() {
        let folder = folder();
        let inside = folder.path().join("in").canonicalize().expect("a folder");
        symlink("../secret", inside.join("link")).expect("a link");
        symlink("..", inside.join("up")).expect("a link");
        for below in ["link", "up/secret", "../secret"] {
            let opened = open_below(&inside, Path::new(below), OFlag::O_RDONLY, Mode::empty());
            assert!(opened.is_err(), "{below}");
        }
    }
}
