use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

/// What starts and stops runs for the page.
pub trait Control: Debug + Send + Sync {
    /// What there is to choose from. May read files.
    fn offer(&self) -> Offer;

    /// Starts what is wished for, and does not wait for its end.
    fn start(&self, wish: Wish) -> Started<'_>;

    /// Stops what is under way, gracefully. Returns whether anything was.
    fn stop(&self) -> bool;
}

/// The group of the runs that were started, or why there are none.
pub type Started<'a> = Pin<Box<dyn Future<Output = Result<u64, StartError>> + Send + 'a>>;

/// Why nothing was started; the text is for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// Something is under way.
    Busy,
    /// The scenario or the options are wrong.
    Wrong(String),
    /// There is no such scenario in the folder.
    NoSuchFile(String),
}

/// What a person can choose from.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Offer {
    pub folder: String,
    pub scenarios: Vec<ScenarioOffer>,
    pub modes: Vec<ModeOffer>,
    pub databases: Vec<String>,
    pub targets: Vec<TargetOffer>,
}

/// A file with a scenario, or with something that is none.
#[derive(Clone, Debug, Serialize)]
pub struct ScenarioOffer {
    /// Below the folder.
    pub file: String,
    pub name: String,
    pub description: Option<String>,
    pub workloads: Vec<WorkloadOffer>,
    /// How many accounts are set.
    pub accounts: Option<usize>,
    /// The service that the file names.
    pub target: Option<String>,
    /// What is wrong with the file.
    pub error: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct WorkloadOffer {
    pub name: String,
    pub executor: &'static str,
    pub vus: u32,
    pub iterations: Option<u64>,
    pub duration_s: f64,
}

/// A mode of the built-in server.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ModeOffer {
    pub name: &'static str,
    /// Whether it loses no money.
    pub right: bool,
    pub needs_postgres: bool,
}

/// A service that may be tested.
#[derive(Clone, Debug, Serialize)]
pub struct TargetOffer {
    pub name: String,
    pub url: String,
}

/// What a person chose. Times and numbers are as on the command line.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wish {
    /// Below the folder; `None`: the deterministic set.
    pub file: Option<String>,
    pub modes: Vec<String>,
    pub targets: Vec<String>,
    pub database: Option<String>,
    pub vus: Option<u32>,
    pub iterations: Option<u64>,
    pub duration: Option<String>,
    pub race_window: Option<String>,
    pub seed: Option<u64>,
}
