use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// Lines of the service's output that are kept for an error.
const LINES: usize = 20;

/// Characters of such a line.
const LONGEST_LINE: usize = 400;

/// How long a service may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// How long what an ended service has said may be on its way.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A service that was started for an exploration. Ends with it, and all that it
/// has started.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    lines: Arc<Mutex<VecDeque<String>>>,
    reader: thread::JoinHandle<()>,
}

impl Process {
    /// Starts `command` in `folder`, with these variables beside our own.
    pub(super) fn start(
        command: &[String],
        folder: &Path,
        variables: &[(&str, String)],
    ) -> io::Result<Self> {
        let [program, arguments @ ..] = command else {
            return Err(io::Error::other("the command is empty"));
        };
        let (reader, writer) = io::pipe()?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).process_group(0);
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let child = command.spawn()?;
        // With it goes our end of the pipe for writing.
        drop(command);
        let lines: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let kept = Arc::clone(&lines);
        let reader = thread::spawn(move || {
            for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
                let line: String =
                    String::from_utf8_lossy(&line).chars().take(LONGEST_LINE).collect();
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == LINES {
                    kept.pop_front();
                }
                kept.push_back(line);
            }
        });
        Ok(Self { child, lines, reader })
    }

    /// How it ended, in words, if it has.
    pub(super) fn end(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(status.to_string()),
            Err(error) => Some(error.to_string()),
        }
    }

    /// What it said last. Where it has ended, what it has said is awaited for a moment.
    pub(super) fn last_lines(&mut self) -> Vec<String> {
        let until = Instant::now() + LAST_WORDS;
        while self.end().is_some() && !self.reader.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Ok(group) = i32::try_from(self.child.id()) else { return };
        // What it has started may still be there when it is not.
        let _ = killpg(Pid::from_raw(group), Signal::SIGTERM);
        let until = Instant::now() + GRACE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}
