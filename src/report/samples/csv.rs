use std::fs::File;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use super::point::Point;

/// Tags with a column of their own.
const COLUMNS: &[&str] = &[
    "scenario",
    "operation",
    "method",
    "name",
    "group",
    "check",
    "status",
    "outcome",
    "expected_response",
];

/// CSV as `k6 run --out csv` writes it, with a column for each tag that bankrun
/// has, and all others in `extra_tags` as `a=b&c=d`. Times are seconds since 1970.
#[derive(Debug)]
pub(super) struct Csv(csv::Writer<File>);

impl Csv {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(file);
        let head = ["metric_name", "timestamp", "metric_value"];
        writer.write_record(head.iter().chain(COLUMNS).chain(&["extra_tags"]))?;
        Ok(Self(writer))
    }

    pub(super) fn write(&mut self, point: Point<'_>, time: SystemTime) -> io::Result<()> {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let all = || point.tags.iter().chain(point.more.iter().copied());
        let mut record = vec![
            point.metric.to_owned(),
            format!("{:.6}", since.as_secs_f64()),
            point.value.to_string(),
        ];
        for column in COLUMNS {
            let value = all().find(|(name, _)| name == column).map(|(_, value)| value);
            record.push(value.unwrap_or_default().to_owned());
        }
        let extra = all().filter(|(name, _)| !COLUMNS.contains(name));
        let extra: Vec<String> = extra.map(|(name, value)| format!("{name}={value}")).collect();
        record.push(extra.join("&"));
        Ok(self.0.write_record(&record)?)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
