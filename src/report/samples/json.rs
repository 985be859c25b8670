use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::time::SystemTime;

use serde_json::{Map, json};

use super::point::Point;

/// JSON lines as `k6 run --out json` writes them: a `Metric` when its name is
/// first seen, and a `Point` for each value. Times of requests are in
/// milliseconds.
#[derive(Debug)]
pub(super) struct JsonLines {
    out: BufWriter<File>,
    seen: BTreeSet<String>,
}

impl JsonLines {
    pub(super) fn new(file: File) -> Self {
        Self { out: BufWriter::new(file), seen: BTreeSet::new() }
    }

    pub(super) fn write(&mut self, point: Point<'_>, time: SystemTime) -> io::Result<()> {
        if !self.seen.contains(point.metric) {
            self.seen.insert(point.metric.to_owned());
            let contains = if point.is_time { "time" } else { "default" };
            let kind = point.kind.name();
            let data = json!({ "name": point.metric, "type": kind, "contains": contains });
            let line = json!({ "type": "Metric", "metric": point.metric, "data": data });
            writeln!(self.out, "{line}")?;
        }
        let mut tags = Map::new();
        for (name, value) in point.tags.iter().chain(point.more.iter().copied()) {
            tags.insert(name.to_owned(), value.into());
        }
        let time = humantime::format_rfc3339_micros(time).to_string();
        let data = json!({ "time": time, "value": point.value, "tags": tags });
        let line = json!({ "type": "Point", "metric": point.metric, "data": data });
        writeln!(self.out, "{line}")
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
