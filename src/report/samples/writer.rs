use std::fs::File;
use std::io;
use std::str::FromStr;
use std::time::SystemTime;

use super::csv::Csv;
use super::json::JsonLines;
use super::point::points;
use crate::facts::Event;

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleFormat {
    Json,
    Csv,
}

/// A file that gets every sample as the run goes.
#[derive(Debug)]
pub struct Samples {
    format: Format,
    /// When the run began; times of operations count from then.
    began: SystemTime,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there are as many as outputs")]
enum Format {
    Json(JsonLines),
    Csv(Csv),
}

impl Samples {
    /// `file`: empty.
    pub fn into_file(format: SampleFormat, file: File) -> io::Result<Self> {
        let format = match format {
            SampleFormat::Json => Format::Json(JsonLines::new(file)),
            SampleFormat::Csv => Format::Csv(Csv::new(file)?),
        };
        Ok(Self { format, began: SystemTime::now() })
    }

    /// Writes what the event adds to the metrics. After an error nothing more can
    /// be written.
    pub fn take(&mut self, event: &Event) -> io::Result<()> {
        let time = match event {
            Event::Began { .. } => {
                self.began = SystemTime::now();
                return Ok(());
            }
            Event::Operation(operation) => self.began + operation.completed,
            _ => SystemTime::now(),
        };
        let mut result = Ok(());
        points(event, |point| {
            if result.is_ok() {
                result = match &mut self.format {
                    Format::Json(json) => json.write(point, time),
                    Format::Csv(csv) => csv.write(point, time),
                };
            }
        });
        result
    }

    /// Hands over what was buffered.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.format {
            Format::Json(json) => json.flush(),
            Format::Csv(csv) => csv.flush(),
        }
    }
}

impl FromStr for SampleFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            other => Err(format!("unknown output `{other}`; there are `json` and `csv`")),
        }
    }
}
