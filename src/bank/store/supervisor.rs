use std::io::{self, PipeWriter, Write};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use nix::unistd::{Gid, Uid, User, geteuid};

const SCRIPT: &str = include_str!("supervisor.sh");

/// The process that runs a private PostgreSQL and cleans up after it.
///
/// It lives until the pipe closes. The kernel closes it with bankrun's
/// process, SIGKILL included, so there is one path of clean-up and it always
/// runs.
#[derive(Debug)]
pub(super) struct Supervisor {
    pipe: Option<PipeWriter>,
    process: Mutex<Child>,
}

impl Supervisor {
    /// Hands `folder` over to it, and to `user` when there is one.
    pub(super) fn start(
        folder: &Path,
        bin: &Path,
        options: &[String],
        user: Option<&Unprivileged>,
    ) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let script = folder.join("supervisor.sh");
        std::fs::write(&script, SCRIPT)?;
        let mut command = Command::new("/bin/sh");
        command.arg(&script).arg(folder).arg(bin).args(options);
        command.stdin(reader).stdout(Stdio::null()).stderr(Stdio::null());
        command.process_group(0).current_dir("/");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        if let Some(user) = user {
            for path in [folder, &script] {
                chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
            }
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        Ok(Self { pipe: Some(writer), process: Mutex::new(command.spawn()?) })
    }

    pub(super) fn has_ended(&self) -> bool {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        !matches!(process.try_wait(), Ok(None))
    }

    /// Stops a server that runs, starts one that has ended.
    pub(super) fn tell(&self) -> io::Result<()> {
        match &self.pipe {
            Some(pipe) => (&*pipe).write_all(b"\n"),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Stops the server and waits until it and its folder are gone.
    pub(super) fn finish(&mut self) {
        self.pipe = None;
        let process = self.process.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = process.wait() {
            tracing::warn!(%error, "the private PostgreSQL's supervisor could not be awaited");
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.finish();
    }
}

/// A user that PostgreSQL agrees to run as: it refuses root.
#[derive(Clone, Debug)]
pub(super) struct Unprivileged {
    uid: Uid,
    gid: Gid,
}

impl Unprivileged {
    /// `postgres`, or else `nobody`, when this process is root; `None` when it
    /// is not. An error when root has nobody to become.
    pub(super) fn if_root() -> Result<Option<Self>, NobodyToBecome> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let find = |name| User::from_name(name).ok().flatten();
        let user = find("postgres").or_else(|| find("nobody")).ok_or(NobodyToBecome)?;
        Ok(Some(Self { uid: user.uid, gid: user.gid }))
    }
}

#[derive(Debug)]
pub(super) struct NobodyToBecome;
