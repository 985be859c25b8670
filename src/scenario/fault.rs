//! What is done to the built-in server while it is under test.

use std::fmt;
use std::time::Duration;

use super::types::{Scenario, Workload};
use crate::model::Pause;

/// One entry under `faults:`. Ranges are drawn anew each time it comes.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    /// After the first iterations, the first time.
    pub at: Pause,
    /// How long it lasts.
    pub lasts: Pause,
    /// How often it comes; at least once.
    pub times: u32,
    /// From one beginning to the next; of no meaning where it comes once.
    pub every: Pause,
    /// Where it is written: `crash.yaml:12`.
    pub place: String,
}

/// What happens, and to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// All its processes are killed on the spot (SIGKILL), and it is started
    /// again in the end.
    KillDatabase,
    /// All its processes stand still (SIGSTOP), and go on in the end (SIGCONT).
    StopDatabase,
    /// Those there are break, and none is made until the end.
    CutConnections(Way),
    /// Every answer is that much later.
    SlowConnections { to: Way, by: Duration },
}

/// Whose connections they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Those of the server.
    ToDatabase,
    /// Those of the virtual users.
    ToServer,
}

/// What a fault befalls; there is one fault at a time on each of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Victim {
    Database,
    Connections(Way),
}

impl Fault {
    /// When it comes for the last time, at the earliest.
    pub fn last(&self) -> Duration {
        self.at.min.saturating_add(self.every.min.saturating_mul(self.times.saturating_sub(1)))
    }
}

impl FaultKind {
    pub fn victim(self) -> Victim {
        match self {
            Self::KillDatabase | Self::StopDatabase => Victim::Database,
            Self::CutConnections(way) | Self::SlowConnections { to: way, .. } => {
                Victim::Connections(way)
            }
        }
    }

    /// Whether the server must keep its accounts in a PostgreSQL of our own.
    pub fn needs_postgres(self) -> bool {
        self.victim() != Victim::Connections(Way::ToServer)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KillDatabase => write!(f, "kill database"),
            Self::StopDatabase => write!(f, "stop database"),
            Self::CutConnections(way) => write!(f, "cut connections to {way}"),
            Self::SlowConnections { to, by } => {
                write!(f, "slow connections to {to} by {}", humantime::format_duration(*by))
            }
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ToDatabase => "database",
            Self::ToServer => "server",
        })
    }
}

impl Scenario {
    /// The first fault that needs a PostgreSQL of our own.
    pub fn fault_on_postgres(&self) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.kind.needs_postgres())
    }

    /// Faults that cannot all come, for no iteration begins any more by then.
    pub fn faults_too_late(&self) -> impl Iterator<Item = &Fault> {
        let end = end(&self.workloads);
        self.faults.iter().filter(move |fault| fault.last() >= end)
    }

    /// When no iteration begins any more, at the latest.
    pub fn end(&self) -> Duration {
        end(&self.workloads)
    }
}

/// When the last of these begins no iteration any more, at the latest.
pub(super) fn end<'a>(workloads: impl IntoIterator<Item = &'a Workload>) -> Duration {
    let ends = workloads
        .into_iter()
        .map(|workload| workload.start_time.saturating_add(workload.executor.time_limit()));
    ends.max().unwrap_or_default()
}
