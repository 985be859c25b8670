use prometheus::proto::LabelPair;

use super::RunLabels;

/// The labels of a series.
#[derive(Clone, Debug)]
pub(super) struct Labels(Vec<LabelPair>);

impl Labels {
    pub(super) fn of(run: &RunLabels) -> Self {
        let labels = Self(Vec::new()).with("run", &run.run);
        let labels = labels.with("mode", run.mode.as_deref().unwrap_or_default());
        let labels = labels.with("database", run.database.as_deref().unwrap_or_default());
        labels.with("target", &run.target).with("seed", &run.seed.to_string())
    }

    /// An empty value is the same as no label. Prometheus reads a zero byte as
    /// the end of all.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            let mut pair = LabelPair::default();
            pair.set_name(name.to_owned());
            pair.set_value(value.replace('\0', "\u{fffd}"));
            self.0.push(pair);
        }
        self
    }

    pub(super) fn pairs(&self) -> Vec<LabelPair> {
        self.0.clone()
    }
}

/// The name of a metric with the prefix of ours, and nothing in it that a name
/// may not have.
pub(super) fn metric_name(name: &str) -> String {
    format!("bankrun_{}", sanitized(name))
}

/// Whatever is no ASCII letter or digit becomes an underscore.
pub(super) fn sanitized(name: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '_' };
    name.chars().map(plain).collect()
}
