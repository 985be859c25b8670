use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The program under test, with nothing of our environment in its way.
pub struct Bankrun(Command);

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Bankrun {
    pub fn new(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bankrun"));
        for (name, _) in std::env::vars() {
            let ours = name.starts_with("BANKRUN_")
                || name.starts_with("PG")
                || name.to_ascii_lowercase().ends_with("_proxy");
            if ours
                || ["DATABASE_URL", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"]
                    .contains(&name.as_str())
                || ["NO_COLOR", "CLICOLOR_FORCE"].contains(&name.as_str())
            {
                command.env_remove(name);
            }
        }
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command)
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub fn folder(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// With so many KiB of memory to write to, and not a byte more.
    pub fn within_memory(self, kilobytes: u64) -> Self {
        let mut limited = Command::new("sh");
        limited.arg("-c").arg(format!("ulimit -d {kilobytes} && exec \"$0\" \"$@\""));
        limited.arg(self.0.get_program()).args(self.0.get_args());
        for (name, value) in self.0.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        if let Some(folder) = self.0.get_current_dir() {
            limited.current_dir(folder);
        }
        limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(limited)
    }

    pub fn command(self) -> Command {
        self.0
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Ended {
        let output = self.0.output().expect("bankrun starts");
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

impl Ended {
    /// Fails with all that was printed when the exit code is another one.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        let mut out = std::io::stderr();
        if self.code != Some(expected) {
            let _ = writeln!(out, "{}\n{}", self.stdout, self.stderr);
        }
        assert_eq!(self.code, Some(expected));
        self
    }
}

/// The exit code of a process that ends in time; `None`: a signal ended it.
pub fn ended_within(child: &mut Child, limit: Duration) -> Option<i32> {
    let began = Instant::now();
    while began.elapsed() < limit {
        if let Some(status) = child.try_wait().expect("a status") {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    panic!("still running after {limit:?}");
}
