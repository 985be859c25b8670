use std::collections::BTreeMap;

use serde_json::Value;

use crate::report::summary::VERSION;

/// The runs of a summary, those of one scenario in one mode together.
#[derive(Clone, Debug, Default)]
pub struct Runs(pub(super) BTreeMap<String, Vec<Numbers>>);

/// What one run came to: its verdict, and a number for each metric and
/// aggregation, such as `http_req_duration.p(95)`.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    pub(super) verdict: String,
    pub(super) values: BTreeMap<String, f64>,
}

impl Runs {
    /// Reads what `--summary-export` wrote. The error says what it is instead.
    pub fn read(text: &str) -> Result<Self, String> {
        const HINT: &str = "is this what --summary-export wrote?";
        let summary: Value = serde_json::from_str(text)
            .map_err(|error| format!("it is not JSON: {error}; {HINT}"))?;
        match summary["schema"].as_u64() {
            // The first one has the same numbers.
            Some(1..=VERSION) => {}
            Some(other) => {
                return Err(format!("it has schema {other}; this version reads up to {VERSION}"));
            }
            None => return Err(format!("it has no `schema`; {HINT}")),
        }
        let runs = summary["runs"].as_array().ok_or_else(|| format!("it has no `runs`; {HINT}"))?;
        let mut all: BTreeMap<String, Vec<Numbers>> = BTreeMap::new();
        for run in runs.iter().filter(|run| run["skipped"].is_null()) {
            all.entry(key(run)).or_default().push(numbers(run));
        }
        if all.is_empty() { Err("there is no run in it".to_owned()) } else { Ok(Self(all)) }
    }
}

/// `deterministic three-user set, robust`; the target where no mode is known.
fn key(run: &Value) -> String {
    let header = |name: &str| run["header"][name].as_str().unwrap_or_default();
    let place = match header("mode") {
        "" => header("target"),
        mode => mode,
    };
    format!("{}, {place}", header("scenario"))
}

fn numbers(run: &Value) -> Numbers {
    let verdict = match run["error"].as_str() {
        Some(_) => "not run",
        None => run["verdict"]["conclusion"].as_str().unwrap_or("unknown"),
    };
    let mut values = BTreeMap::new();
    for (metric, entry) in run["metrics"].as_object().into_iter().flatten() {
        for (aggregation, value) in entry["values"].as_object().into_iter().flatten() {
            if let Some(value) = value.as_f64() {
                values.insert(format!("{metric}.{aggregation}"), value);
            }
        }
    }
    for name in ["missing", "surplus"] {
        if let Some(value) = run[name].as_f64() {
            values.insert(name.to_owned(), value);
        }
    }
    Numbers { verdict: verdict.to_owned(), values }
}
