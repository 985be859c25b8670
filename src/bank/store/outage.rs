//! What can befall a private PostgreSQL: to see what becomes of those who use
//! it.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::private_postgres::{PrivatePostgres, PrivatePostgresError};

/// How long a server may take to be gone.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

impl PrivatePostgres {
    /// Kills all processes of the server on the spot (SIGKILL), as a crash
    /// would, and waits until they are gone. What was committed is on its disk.
    /// [`Self::start_again`] brings it back.
    pub async fn kill(&self) -> io::Result<()> {
        let processes = self.signal_all(Signal::SIGKILL)?;
        self.await_stop().await?;
        // While one of them is there, the next server would not start.
        let deadline = Instant::now() + STOP_TIMEOUT;
        while processes.iter().any(|process| is_alive(*process)) {
            if Instant::now() > deadline {
                return Err(io::Error::other("processes of the server outlive SIGKILL"));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// Stops the server in order: connections are closed, transactions rolled
    /// back. [`Self::start_again`] brings it back.
    pub async fn shut_down(&self) -> io::Result<()> {
        self.tell_supervisor()?;
        self.await_stop().await
    }

    /// Starts the server that was killed or shut down, with its data, and waits
    /// until it takes connections.
    pub async fn start_again(&self) -> Result<(), PrivatePostgresError> {
        match std::fs::remove_file(self.stopped()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(io::Error::other("the server has not ended").into());
            }
            Err(error) => return Err(error.into()),
        }
        self.tell_supervisor()?;
        self.wait_until_ready().await
    }

    /// All processes of the server stand still (SIGSTOP): it takes connections
    /// and questions, and answers nothing, until [`Self::thaw`].
    pub fn freeze(&self) -> io::Result<()> {
        self.signal_all(Signal::SIGSTOP).map(drop)
    }

    /// They go on (SIGCONT).
    pub fn thaw(&self) -> io::Result<()> {
        self.signal_all(Signal::SIGCONT).map(drop)
    }

    /// The process that the others of the server are children of.
    pub fn process(&self) -> io::Result<i32> {
        let file = std::fs::read_to_string(self.folder().join("data/postmaster.pid"))?;
        let process = file.lines().next().and_then(|line| line.trim().parse().ok());
        process.filter(|process| *process > 1).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "no process in data/postmaster.pid")
        })
    }

    /// Sends a signal to all processes of the server, and returns them. The first
    /// one stands still meanwhile, so that it makes no new ones.
    fn signal_all(&self, signal: Signal) -> io::Result<HashSet<i32>> {
        let first = self.process()?;
        send(first, Signal::SIGSTOP)?;
        let mut processes = children(first)?;
        for child in &processes {
            send(*child, signal)?;
        }
        send(first, signal)?;
        processes.insert(first);
        Ok(processes)
    }

    async fn await_stop(&self) -> io::Result<()> {
        let deadline = Instant::now() + STOP_TIMEOUT;
        while !self.stopped().exists() {
            if Instant::now() > deadline {
                return Err(io::Error::other(format!("it did not end within {STOP_TIMEOUT:?}")));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }
}

/// Whoever has ended meanwhile needs no signal.
fn send(process: i32, signal: Signal) -> io::Result<()> {
    match kill(Pid::from_raw(process), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The children of a process, as Linux lists them. Each of them is in a session
/// of its own, so that there is no group to send a signal to.
fn children(process: i32) -> io::Result<HashSet<i32>> {
    let mut found = HashSet::new();
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let list = std::fs::read_to_string(task?.path().join("children"))?;
        found.extend(list.split_whitespace().filter_map(|child| child.parse::<i32>().ok()));
    }
    Ok(found)
}

/// A process that has ended and was not yet taken note of is gone, too.
fn is_alive(process: i32) -> bool {
    let file = Path::new("/proc").join(process.to_string()).join("stat");
    let stat = std::fs::read_to_string(file).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}
