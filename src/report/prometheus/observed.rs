use crate::facts::Metrics;
use crate::report::{Header, WorkloadInfo};

/// A run under way.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    pub labels: &'a RunLabels,
    /// In the order of `metrics.workloads`.
    pub workloads: &'a [WorkloadInfo],
    pub metrics: &'a Metrics,
    pub gauges: &'a [ExtraGauge],
}

/// What tells the series of one run from those of others. Two runs with the same
/// labels make the same series: show one of them at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunLabels {
    /// The name of the scenario file.
    pub run: String,
    pub mode: Option<String>,
    pub database: Option<String>,
    pub target: String,
    pub seed: u64,
}

/// A number that is known beside the metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtraGauge {
    /// Without the prefix: letters, digits and underscores.
    pub name: &'static str,
    pub help: &'static str,
    /// Beside those of the run.
    pub labels: Vec<(&'static str, String)>,
    pub value: f64,
}

impl ExtraGauge {
    /// Acknowledged money that is gone, and money that was never acknowledged.
    pub fn money(missing: u64, surplus: u64) -> [Self; 2] {
        let gauge =
            |name, help, value: u64| Self { name, help, labels: Vec::new(), value: value as f64 };
        [
            gauge("missing_money", "Acknowledged money that is gone.", missing),
            gauge("surplus_money", "Money that was never acknowledged.", surplus),
        ]
    }
}

impl RunLabels {
    pub fn of(header: &Header) -> Self {
        Self {
            run: header.scenario.clone(),
            mode: header.mode.clone(),
            database: header.database.clone(),
            // Its port is another one each time.
            target: if header.built_in { "built-in".into() } else { header.target.clone() },
            seed: header.seed,
        }
    }
}
