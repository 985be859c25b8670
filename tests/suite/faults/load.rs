use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{Bankrun, Ended};

/// A run of bankrun against a server, with a history.
pub(super) struct Load {
    process: Child,
    folder: TempDir,
    limit: Duration,
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
    duration: SECONDSs
    retry: { attempts: 1, idempotency_key: true }
    operations:
      - { deposit: 1..1000, account: 1, think: 5ms }
      - { withdraw: 1..100, account: 2, think: 5ms }
      - { transfer: 1..100, from: 1, to: 3, think: 5ms }
      - { transfer: 1..100, from: 3, to: 1, think: 5ms }
";

impl Load {
    /// So many users for so many seconds.
    pub(super) fn start(target: &str, vus: u32, seconds: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let scenario = SCENARIO.replace("VUS", &vus.to_string());
        let scenario = scenario.replace("SECONDS", &seconds.to_string());
        let file = folder.path().join("load.yaml");
        std::fs::write(&file, scenario).expect("written");
        let history = folder.path().join("history.jsonl");
        let file = file.to_str().expect("a path");
        let args =
            [file, "--target", target, "--history", history.to_str().expect("a path"), "--quiet"];
        let process = Bankrun::new(&args).command().spawn().expect("bankrun starts");
        Self { process, folder, limit: Duration::from_secs(seconds + 60) }
    }

    /// Waits for its end; the verdict of the run and of its history.
    pub(super) async fn finish(mut self) -> Verdict {
        let deadline = Instant::now() + self.limit;
        while self.process.try_wait().expect("a status").is_none() {
            if Instant::now() > deadline {
                let _ = self.process.kill();
                panic!("the run did not end within {:?}", self.limit);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let output = self.process.wait_with_output().expect("its output");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let run = Ended {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        let history = self.folder.path().join("history.jsonl");
        let checked = Bankrun::new(&["check", history.to_str().expect("a path")]).run();
        let outcomes = Outcomes::read(&history);
        Verdict { run, checked, outcomes }
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
        assert_eq!(self.run.code, Some(0), "{}", said());
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
