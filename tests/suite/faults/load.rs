use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::bank::get;
use crate::support::{Bankrun, Ended};

/// To begin, and to come to an end, on a machine however busy.
const LIMIT: Duration = Duration::from_secs(60);

/// A run of bankrun against a server, with a history. It goes on for as long as a
/// test needs it.
pub(super) struct Load {
    process: Child,
    folder: TempDir,
    target: SocketAddr,
}

/// Deposits and withdrawals of drawn amounts on three accounts, with keys, so
/// that whatever gets no answer can be asked after.
const SCENARIO: &str = "
name: load
seed: 1
timeout: 15s
accounts: { 1: 100000, 2: 100000, 3: 100000 }
scenarios:
  load:
    executor: constant-vus
    vus: VUS
    duration: 1h
    retry: { attempts: 1, idempotency_key: true }
    operations:
      - { deposit: 1..1000, account: 1, think: 5ms }
      - { withdraw: 1..100, account: 2, think: 5ms }
      - { transfer: 1..100, from: 1, to: 3, think: 5ms }
      - { transfer: 1..100, from: 3, to: 1, think: 5ms }
";

impl Load {
    /// So many users. They may not have begun yet.
    fn start(target: SocketAddr, vus: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("load.yaml");
        std::fs::write(&file, SCENARIO.replace("VUS", &vus.to_string())).expect("written");
        let history = folder.path().join("history.jsonl");
        let (file, url) = (file.to_str().expect("a path"), format!("http://{target}"));
        let args =
            [file, "--target", &url, "--history", history.to_str().expect("a path"), "--quiet"];
        let process = Bankrun::new(&args).command().spawn().expect("bankrun starts");
        Self { process, folder, target }
    }

    /// Starts one against each of these banks, and waits until all have begun.
    pub(super) async fn against(targets: impl Iterator<Item = SocketAddr>, vus: u32) -> Vec<Self> {
        let mut loads: Vec<Self> = targets.map(|target| Self::start(target, vus)).collect();
        for load in &mut loads {
            load.has_begun().await;
        }
        loads
    }

    /// Waits until somebody has withdrawn something: until then what befalls the bank
    /// would befall the reset.
    async fn has_begun(&mut self) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let balance = get(self.target, "/balance/2").await.json()["balance"].as_i64();
            if balance.is_some_and(|balance| (1001..100_000).contains(&balance)) {
                return;
            }
            assert_eq!(self.process.try_wait().expect("a status"), None, "it ended");
            assert!(Instant::now() < deadline, "it did not begin: {balance:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends all of them at the same time; the verdicts, in their order.
    pub(super) async fn finish(mut loads: Vec<Self>) -> Vec<Verdict> {
        for load in &mut loads {
            let pid = Pid::from_raw(i32::try_from(load.process.id()).expect("a pid"));
            assert_eq!(load.process.try_wait().expect("a status"), None, "it ended by itself");
            kill(pid, Signal::SIGINT).expect("it is there");
        }
        let mut verdicts = Vec::new();
        for load in loads {
            verdicts.push(load.verdict().await);
        }
        verdicts
    }

    /// Waits for its end; the verdict of the run and of its history.
    async fn verdict(mut self) -> Verdict {
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = self.process.try_wait().expect("a status") {
                break status;
            }
            assert!(Instant::now() < deadline, "the run did not end within {LIMIT:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let Child { stdout: out, stderr: err, .. } = &mut self.process;
        out.take().expect("piped").read_to_string(&mut stdout).expect("text");
        err.take().expect("piped").read_to_string(&mut stderr).expect("text");
        let run = Ended { code: status.code(), stdout, stderr };
        let history = self.folder.path().join("history.jsonl");
        let checked = Bankrun::new(&["check", history.to_str().expect("a path")]).run();
        let outcomes = Outcomes::read(&history);
        Verdict { run, checked, outcomes }
    }
}

/// It would go on for an hour.
impl Drop for Load {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What came of a run.
pub(super) struct Verdict {
    run: Ended,
    checked: Ended,
    pub(super) outcomes: Outcomes,
}

impl Verdict {
    /// All that was acknowledged is there, and nothing else.
    #[track_caller]
    pub(super) fn holds(&self, what: &str) {
        let said = || format!("{what}: {:?}\n{:?}\n{:?}", self.run, self.checked, self.outcomes);
        // Ended from outside, it says so by its code.
        assert_eq!(self.run.code, Some(130), "{}", said());
        assert!(self.run.stdout.contains("PASS 3 balances as expected"), "{}", said());
        assert_eq!(self.checked.code, Some(0), "{}", said());
        assert!(self.outcomes.ok > 0, "{}", said());
    }
}

/// How the updates of a history ended.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    pub(super) ok: usize,
    pub(super) failed: usize,
    pub(super) unknown: usize,
}

impl Outcomes {
    fn read(history: &PathBuf) -> Self {
        let mut outcomes = Self::default();
        let history = std::fs::read_to_string(history).expect("a history");
        for line in history.lines() {
            let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
            match (event["type"].as_str(), event["f"].as_str()) {
                (_, Some("read")) | (_, None) => {}
                (Some("ok"), _) => outcomes.ok += 1,
                (Some("fail"), _) => outcomes.failed += 1,
                (Some("info"), _) => outcomes.unknown += 1,
                _ => {}
            }
        }
        outcomes
    }
}
