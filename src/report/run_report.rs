use serde::Serialize;

use super::live::LiveHandle;
use crate::facts::Facts;
use crate::verdict::Verdict;

/// One run, as reports show it.
#[derive(Clone, Debug)]
pub struct RunReport {
    pub header: Header,
    pub workloads: Vec<WorkloadInfo>,
    /// How often the built-in server tried a transaction again.
    pub retries: Option<u64>,
    pub result: RunResult,
    /// Its course over time, where it was watched.
    pub live: Option<LiveHandle>,
}

/// Where a run went and under which conditions.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Header {
    pub scenario: String,
    pub target: String,
    /// Whether the target is a server of our own, made for this run.
    pub built_in: bool,
    /// Why that target.
    pub reason: String,
    /// Of a bankrun server; nothing is known of others.
    pub mode: Option<String>,
    pub database: Option<String>,
    pub race_window: Option<String>,
    pub seed: u64,
    /// What a reader must know of the conditions, whatever came out.
    pub notes: Vec<String>,
    /// The command that runs it again.
    pub again: String,
}

/// What the scenario says of a workload.
#[derive(Clone, Debug, Serialize)]
pub struct WorkloadInfo {
    pub name: String,
    pub executor: &'static str,
    /// The most there can be at a time.
    pub vus: u32,
    /// Whether there may be fewer, as the run goes.
    pub varies_vus: bool,
    /// Operations planned, where that is known beforehand.
    pub planned: Option<u64>,
}

/// How the run ended.
#[derive(Clone, Debug)]
pub enum RunResult {
    Judged {
        facts: Box<Facts>,
        verdict: Box<Verdict>,
    },
    /// It could not be carried out; the text says why and what to do.
    NotRun {
        error: String,
    },
    /// It was not carried out: the operations do not do what the file says of them;
    /// the text has the places.
    Contradicted {
        error: String,
    },
    /// There was nothing to carry out; the text says why.
    Skipped {
        reason: String,
    },
}

impl Header {
    pub const TLS_UNVERIFIED: &str = "TLS certificates were NOT verified";
}

impl RunReport {
    pub fn was_skipped(&self) -> bool {
        matches!(self.result, RunResult::Skipped { .. })
    }

    /// `robust`, or the target where the mode is not known: what tells runs of
    /// one scenario apart.
    pub fn label(&self) -> &str {
        self.header.mode.as_deref().unwrap_or(&self.header.target)
    }

    /// Keeps what reports show and lets go of the operations, which are judged.
    pub fn forget_operations(&mut self) {
        if let RunResult::Judged { facts, .. } = &mut self.result {
            facts.history.forget();
        }
    }

    /// The label, with the seed where others in `runs` of the same scenario have the
    /// same label: repetitions.
    pub fn name_among(&self, runs: &[Self]) -> String {
        let is_same = |run: &&Self| {
            run.label() == self.label() && run.header.scenario == self.header.scenario
        };
        match runs.iter().filter(is_same).nth(1) {
            Some(_) => format!("{}, seed {}", self.label(), self.header.seed),
            None => self.label().to_owned(),
        }
    }
}
