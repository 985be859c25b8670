use serde::Serialize;

use super::anomaly::Anomaly;
use super::model::Outcome;
use crate::verdict::Conclusion;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many steps a search may take beyond one for each operation.
    pub budget: u64,
    /// An undecided order in real time is inconclusive, not just a remark.
    pub require_linearizable: bool,
    /// Neither is a history a pass that needs a guess about an unknown outcome.
    pub strict: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { budget: 1_000_000, require_linearizable: false, strict: false }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    Holds,
    Refuted,
    Unknown,
}

/// What supports an answer, in a form that [`super::verifier`] can check
/// without the checker. Orders hold positions in `Problem::ops`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Certificate {
    /// One order that explains every answer and the final balances; unknown
    /// outcomes that are in it were applied, the others were not.
    Order { real_time: bool, order: Vec<u32> },
    /// These balances were left more often than they were reached, by more than
    /// the operations without a known place could make up for.
    Forks { account: u32, balances: Vec<i64> },
    /// Updates walk around on these balances, and no update leads to them.
    Unreachable { account: u32, balances: Vec<i64> },
    /// No choice of unknown outcomes adds up to the final balance.
    Sum { account: u32 },
    /// Money moves within these accounts only, and this snapshot, or the final
    /// balances, add up to something else.
    Total { snapshot: Option<u32> },
    /// An acknowledged update left a negative balance.
    Overdraft { op: u32 },
    /// A read of a balance that the account never had.
    NeverThere { op: u32 },
    /// A rejection, although no balance of the account was too small.
    NeverShort { op: u32 },
    /// Every order was tried.
    Exhausted { real_time: bool },
}

/// The verdict over all accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub conclusion: Conclusion,
    pub serializable: Answer,
    pub linearizable: Answer,
    /// Accounts that are joined by transfers or snapshots are judged together.
    pub components: Vec<ComponentReport>,
    pub stats: Stats,
    /// Why the checker itself failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crashed: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComponentReport {
    pub accounts: Vec<u32>,
    pub conclusion: Conclusion,
    pub serializable: Answer,
    pub linearizable: Answer,
    pub certificates: Vec<Certificate>,
    /// Whether the verifier agreed with every certificate. `None`: the search
    /// was too large to be done twice.
    pub verified: Option<bool>,
    /// The clearest first, at most a handful.
    pub anomalies: Vec<Anomaly>,
    /// How many more there are.
    pub more_anomalies: usize,
    pub explained: Explained,
    /// No update told a balance: only sums were compared.
    pub sums_only: bool,
    pub end_unknown: bool,
    /// The amounts leave no room to calculate with.
    pub too_large: bool,
    pub stats: Stats,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crashed: Option<String>,
}

/// The choice under which the history makes sense, by operation id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Explained {
    pub applied: Vec<u64>,
    pub not_applied: Vec<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    pub acknowledged: u64,
    pub rejected: u64,
    pub failed: u64,
    pub unknown: u64,
    /// Steps of all searches together.
    pub steps: u64,
}

impl Answer {
    /// Refuted over unknown over holds.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refuted, _) | (_, Self::Refuted) => Self::Refuted,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => Self::Holds,
        }
    }
}

impl Report {
    /// Of nothing: it holds.
    pub(super) fn empty() -> Self {
        Self {
            conclusion: Conclusion::Pass,
            serializable: Answer::Holds,
            linearizable: Answer::Holds,
            components: Vec::new(),
            stats: Stats::default(),
            crashed: None,
        }
    }

    pub(super) fn push(&mut self, component: ComponentReport) {
        self.conclusion = self.conclusion.max(component.conclusion);
        self.serializable = self.serializable.and(component.serializable);
        self.linearizable = self.linearizable.and(component.linearizable);
        self.stats.add(component.stats);
        self.components.push(component);
    }
}

impl ComponentReport {
    /// Of accounts of which nothing is known yet; `end`: the final balances of all.
    pub(super) fn blank(accounts: Vec<u32>, end: &[Option<i64>], stats: Stats) -> Self {
        Self {
            end_unknown: accounts.iter().any(|account| end[*account as usize].is_none()),
            accounts,
            conclusion: Conclusion::Inconclusive,
            serializable: Answer::Unknown,
            linearizable: Answer::Unknown,
            certificates: Vec::new(),
            verified: None,
            anomalies: Vec::new(),
            more_anomalies: 0,
            explained: Explained::default(),
            sums_only: false,
            too_large: false,
            stats,
            crashed: None,
        }
    }
}

impl Stats {
    pub(super) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Ok => self.acknowledged += 1,
            Outcome::Rejected => self.rejected += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Info => self.unknown += 1,
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.rejected += other.rejected;
        self.failed += other.failed;
        self.unknown += other.unknown;
        self.steps += other.steps;
    }
}
