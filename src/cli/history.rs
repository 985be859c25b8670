//! `--history FILE`: the history as it happens.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::output::lost;
use super::written;
use crate::facts::Event;
use crate::facts::lines::{
    FaultLine, FinalLine, HeaderLine, OperationLine, ResolvedLine, SettledLine,
};

/// Writes each event of the history as a line. When that fails (a full disk) it
/// says so once and leaves the run alone.
#[derive(Debug)]
pub(super) struct HistoryFile {
    path: PathBuf,
    header: HeaderLine,
    out: Option<BufWriter<File>>,
}

impl HistoryFile {
    /// Makes the file, so that a mistake in its name is told before the run.
    pub(super) fn create(path: &Path, header: HeaderLine) -> Option<Self> {
        match written::create(path) {
            Ok(file) => {
                let out = Some(BufWriter::new(file));
                Some(Self { path: path.to_owned(), header, out })
            }
            Err(error) => {
                let path = path.display();
                lost(&format!("no history is written to {path}: {error}; the run goes on\n"));
                None
            }
        }
    }

    /// A file beside this one, for what else grows with the history, that goes away
    /// when it is closed. `None`: this is no file on a disk, or there is no room.
    pub(super) fn beside(&self) -> Option<File> {
        let is_file = std::fs::metadata(&self.path).is_ok_and(|found| found.is_file());
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        is_file.then(|| tempfile::tempfile_in(folder).ok()).flatten()
    }

    /// `index` is the line's in the history, for the events that are one.
    pub(super) fn write(&mut self, event: &Event, index: Option<u64>) {
        match (event, index) {
            (Event::Began { initial }, _) => {
                self.header.initial.clone_from(initial);
                let header = self.header.clone();
                self.line(&header);
            }
            (Event::Invoked(invocation) | Event::LegInvoked(invocation), Some(index)) => {
                self.line(&OperationLine::invoke(index, invocation));
            }
            (Event::Operation(operation) | Event::Leg(operation), Some(index)) => {
                self.line(&OperationLine::completion(index, operation));
            }
            (Event::Resolved(resolution), _) => self.line(&ResolvedLine::from(resolution)),
            (Event::Fault(news), _) => self.line(&FaultLine::from(news)),
            (Event::Settled(settling), _) => self.line(&SettledLine::from(settling)),
            (Event::Ended { balances }, _) => {
                self.line(&FinalLine { balances: balances.clone() });
                self.flush();
            }
            _ => {}
        }
    }

    /// Hands over what was buffered: a crash loses at most what came since.
    pub(super) fn flush(&mut self) {
        let flushed = self.out.as_mut().map_or(Ok(()), Write::flush);
        self.give_up_on(flushed);
    }

    fn line(&mut self, line: &impl Serialize) {
        let Some(out) = self.out.as_mut() else { return };
        let written = serde_json::to_writer(&mut *out, line).map_err(io::Error::from);
        let written = written.and_then(|()| out.write_all(b"\n"));
        self.give_up_on(written);
    }

    fn give_up_on(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            // Not dropped, which would try to write once more.
            let (_, _) = self.out.take().map(BufWriter::into_parts).unzip();
            lost(&format!(
                "the history can no longer be written to {}: {error}; the run goes on\n",
                self.path.display()
            ));
        }
    }
}
