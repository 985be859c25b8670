use super::Runs;
use super::runs::Numbers;

/// What is compared, in the order it is shown.
const SHOWN: &[&str] = &[
    "http_reqs.rate",
    "http_req_duration.avg",
    "http_req_duration.med",
    "http_req_duration.p(90)",
    "http_req_duration.p(95)",
    "http_req_duration.p(99)",
    "http_req_duration.max",
    "http_req_failed.rate",
    "iterations.rate",
    "dropped_iterations.count",
    "checks.rate",
    "missing",
    "surplus",
];

/// One scenario in one mode, before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub key: String,
    /// Of the worst run.
    pub verdicts: (String, String),
    pub rows: Vec<Row>,
    /// How many runs there are of it.
    pub runs: (usize, usize),
}

/// One number, before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `http_req_duration.p(95)`
    pub name: String,
    /// The middle of the runs.
    pub before: f64,
    pub after: f64,
    /// Whether some run of one side lies among those of the other. `None`: one
    /// run each does not tell.
    pub is_noise: Option<bool>,
}

impl Row {
    /// As a share of what it was; `None` where it was nothing.
    pub fn change(&self) -> Option<f64> {
        (self.before != 0.0).then(|| (self.after - self.before) / self.before.abs())
    }
}

/// What both have in common, in the order of names. `wanted`: numbers that are
/// looked at beside the usual ones.
pub fn compare(before: &Runs, after: &Runs, wanted: &[String]) -> Vec<Difference> {
    let common = before.0.iter().filter_map(|(key, before)| Some((key, before, after.0.get(key)?)));
    common
        .map(|(key, before, after)| {
            let others = wanted.iter().map(String::as_str).filter(|name| !SHOWN.contains(name));
            let names = SHOWN.iter().copied().chain(others);
            Difference {
                key: key.clone(),
                verdicts: (worst(before), worst(after)),
                rows: names.filter_map(|name| row(name, before, after)).collect(),
                runs: (before.len(), after.len()),
            }
        })
        .collect()
}

fn row(name: &str, before: &[Numbers], after: &[Numbers]) -> Option<Row> {
    let (before, after) = (sorted(name, before)?, sorted(name, after)?);
    let several = before.len() > 1 || after.len() > 1;
    let (low, high) = (before[0].max(after[0]), last(&before).min(last(&after)));
    Some(Row {
        name: name.to_owned(),
        before: middle(&before),
        after: middle(&after),
        is_noise: several.then_some(low <= high),
    })
}

fn sorted(name: &str, runs: &[Numbers]) -> Option<Vec<f64>> {
    let mut values: Vec<f64> =
        runs.iter().filter_map(|run| run.values.get(name).copied()).collect();
    values.sort_by(f64::total_cmp);
    (!values.is_empty()).then_some(values)
}

fn last(sorted: &[f64]) -> f64 {
    sorted.last().copied().unwrap_or_default()
}

fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => (sorted[half - 1] + sorted[half]) / 2.0,
        _ => sorted[half],
    }
}

fn worst(runs: &[Numbers]) -> String {
    const ORDER: [&str; 5] = ["pass", "unknown", "inconclusive", "not run", "fail"];
    let rank = |run: &&Numbers| ORDER.iter().position(|verdict| *verdict == run.verdict);
    runs.iter().max_by_key(rank).map(|run| run.verdict.clone()).unwrap_or_default()
}
