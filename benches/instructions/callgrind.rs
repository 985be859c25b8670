use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// The argument by which this program knows that it is counted.
pub(crate) const COUNTED: &str = "--counted";

/// A process of this program whose instructions are counted.
pub(crate) struct Counted {
    pub(crate) row: usize,
    pub(crate) operations: usize,
}

impl Counted {
    /// Starts it; `others` are variables of its environment.
    pub(crate) fn start(&self, others: &[(&str, String)]) -> Result<Running, Box<dyn Error>> {
        let profile = match std::env::var_os("CALLGRIND_OUT") {
            Some(folder) => {
                std::fs::create_dir_all(&folder)?;
                PathBuf::from(folder).join(format!("{}-{}.out", self.row, self.operations))
            }
            None => "/dev/null".into(),
        };
        let child = Command::new("valgrind")
            .args(["--tool=callgrind", "--error-exitcode=0"])
            .arg(format!("--callgrind-out-file={}", profile.display()))
            .arg(std::env::current_exe()?)
            .args([COUNTED, &self.row.to_string(), &self.operations.to_string()])
            .envs(others.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("valgrind does not start (is it installed?): {error}"))?;
        Ok(Running { child })
    }
}

pub(crate) struct Running {
    child: Child,
}

impl Running {
    /// The first line that it prints.
    pub(crate) fn first_line(&mut self) -> Result<String, Box<dyn Error>> {
        let out = self.child.stdout.as_mut().ok_or("its output was taken")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// Closes its input, waits for its end, and reads what valgrind says then.
    pub(crate) fn instructions(mut self) -> Result<u64, Box<dyn Error>> {
        drop(self.child.stdin.take());
        let mut said = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut said)?;
        }
        if !self.child.wait()?.success() {
            return Err(said.into());
        }
        // ==4711== Collected : 123456
        let collected = said.lines().find_map(|line| line.split_once("Collected :"));
        let (_, number) =
            collected.ok_or_else(|| format!("valgrind has counted nothing: {said}"))?;
        Ok(number.trim().parse()?)
    }
}
