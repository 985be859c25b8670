//! A history read back from its lines.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use super::clock::Clock;
use super::lines::{FaultLine, FinalLine, HeaderLine, OperationLine, ResolvedLine, SettledLine};
use super::{Event, Facts, Invocation, Operation, Tags};
use crate::model::Amount;

/// What was recorded of a run.
#[derive(Debug)]
pub struct Recorded {
    pub header: HeaderLine,
    pub facts: Facts,
    /// Whether the last line is there: the run came to its end.
    pub complete: bool,
}

/// What is wrong with a line, counted from 1.
#[derive(Debug, Error)]
pub enum HistoryError {
    #[error("line {line}: {message}")]
    Line { line: usize, message: String },
    #[error("{0}")]
    Read(#[from] std::io::Error),
    #[error("there is not one operation in it")]
    Empty,
}

/// The field that makes a line an operation, as it is usually written.
const TYPE: &[u8] = b"\"type\":";

impl Recorded {
    /// Reads a history, also one that another tool wrote, or that was cut off:
    /// half a line at its end is left out, and what was invoked and not
    /// completed is of unknown outcome.
    pub fn read(mut text: impl BufRead) -> Result<Self, HistoryError> {
        let mut reader = Reader { facts: Facts::new(1), ..Reader::default() };
        let mut bytes = Vec::new();
        for line in 1.. {
            bytes.clear();
            if text.read_until(b'\n', &mut bytes)? == 0 {
                break;
            }
            let whole = bytes.ends_with(b"\n");
            match reader.take(line, bytes.trim_ascii()) {
                Err(_) if !whole => break,
                Err(message) => return Err(HistoryError::Line { line, message }),
                Ok(()) => {}
            }
        }
        reader.finish()
    }
}

#[derive(Default)]
struct Reader {
    header: HeaderLine,
    facts: Facts,
    last: Option<FinalLine>,
    /// When the process's open operation was invoked.
    open: HashMap<u32, Duration>,
    clock: Clock,
    elapsed: Duration,
    processes: HashSet<u32>,
}

impl Reader {
    fn take(&mut self, number: usize, line: &[u8]) -> Result<(), String> {
        if line.is_empty() {
            return Ok(());
        }
        if self.last.is_some() {
            return Err("there is more after the final balances".into());
        }
        // By far the most lines are operations: they are parsed only once.
        if line.windows(TYPE.len()).any(|bytes| bytes == TYPE) {
            let line = serde_json::from_slice(line).map_err(|error| explain(&error))?;
            return self.operation(number, line);
        }
        let value: Value = serde_json::from_slice(line).map_err(|error| explain(&error))?;
        if value.get("type").is_some() {
            self.operation(number, parse(value)?)
        } else if value.get("resolved").is_some() {
            let line: ResolvedLine = parse(value)?;
            let line = ResolvedLine { time: self.clock.beside(line.time), ..line };
            self.facts.apply(&Event::Resolved(line.into()));
            Ok(())
        } else if value.get("fault").is_some() {
            let line: FaultLine = parse(value)?;
            self.facts.apply(&Event::Fault(line.into()));
            Ok(())
        } else if value.get("settled").is_some() {
            let line: SettledLine = parse(value)?;
            self.facts.apply(&Event::Settled(line.into()));
            Ok(())
        } else if value.get("final").is_some() {
            self.last = Some(parse(value)?);
            Ok(())
        } else if value.get("initial").is_some() || value.get("bankrun").is_some() {
            self.header = parse(value)?;
            Ok(())
        } else {
            Err("expected an operation (with `type`), a header (with `initial`) or the end \
                 (with `final`)"
                .into())
        }
    }

    fn operation(&mut self, number: usize, line: OperationLine) -> Result<(), String> {
        let in_order = self.header.bankrun.is_empty();
        let time = self.clock.read(number, line.process, line.time, in_order)?;
        let time = Duration::from_nanos(time);
        if self.clock.is_timed() {
            self.elapsed = self.elapsed.max(time);
        }
        if line.delta == Amount::MIN || (line.to.is_some() && line.delta > 0) {
            return Err(format!(
                "a delta of {} is none: what is added, and negative for what a transfer takes",
                line.delta
            ));
        }
        if line.balances.is_some() && (line.delta != 0 || line.to.is_some()) {
            return Err("`balances` are the answer of a look at all accounts, which has no \
                        `delta` and no `to`"
                .into());
        }
        let call = Arc::new(line.call());
        self.processes.insert(line.process);
        let Some(outcome) = line.outcome() else {
            if self.open.insert(line.process, time).is_some() {
                return Err(format!(
                    "process {} invokes an operation before its last one is completed",
                    line.process
                ));
            }
            let process = line.process;
            let attempt = line.attempt();
            let read_at = line.read_at.map(Duration::from_nanos);
            if read_at.is_some_and(|read_at| read_at > time) {
                return Err("`read_at` is later than `time`".into());
            }
            let invocation = Invocation { process, call, time, attempt, read_at };
            self.facts.apply(&Event::Invoked(invocation));
            return Ok(());
        };
        let Some(invoked) = self.open.remove(&line.process) else {
            return Err(format!("process {} completes what it did not invoke", line.process));
        };
        if time < invoked {
            return Err("it is completed before it was invoked".into());
        }
        self.facts.apply(&Event::Operation(Operation {
            workload: 0,
            process: line.process,
            call,
            invoked,
            completed: time,
            late: Duration::ZERO,
            tags: Tags::default(),
            outcome,
            balance: line.balance,
            to_balance: line.to_balance,
            snapshot: line.balances.map(|all| all.into_iter().collect()),
            status: line.status,
            error: line.error,
            is_leg: false,
        }));
        Ok(())
    }

    fn finish(self) -> Result<Recorded, HistoryError> {
        let Self { header, mut facts, last, clock, elapsed, open, processes } = self;
        let processes = u32::try_from(processes.len()).unwrap_or(u32::MAX);
        facts.metrics.workloads[0].outcomes.unknown += open.len() as u64;
        facts.metrics.workloads[0].vus_max = processes;
        facts.initial.clone_from(&header.initial);
        facts.arrival_rate.clone_from(&header.arrival_rate);
        // No other service has a mode.
        facts.of_bank = header.mode.is_some();
        facts.elapsed = elapsed;
        facts.disorder = clock.disorder();
        let complete = last.is_some();
        let balances = last.map(|last| last.balances).unwrap_or_default();
        facts.apply(&Event::Ended { balances });
        if facts.history.entries().len() == 0 {
            return Err(HistoryError::Empty);
        }
        Ok(Recorded { header, facts, complete })
    }
}

fn parse<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// Without the place: serde_json counts lines of its own; ours is the one that
/// helps.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.find(" at line ").unwrap_or(text.len());
    let what = if error.is_data() { "" } else { "this is not JSON: " };
    format!("{what}{}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Outcome};

    const HEADER: &str = r#"{"bankrun":"0.1.0","initial":{"1":1000}}"#;
    const INVOKE: &str = r#"{"index":0,"type":"invoke","process":3,"f":"deposit","account":"1","delta":10,"time":5}"#;
    const OK: &str = r#"{"index":1,"type":"ok","process":3,"f":"deposit","account":"1","delta":10,"time":9,"balance":1010}"#;
    const FINAL: &str = r#"{"final":{"1":1010}}"#;

    fn read(lines: &[&str]) -> Result<Recorded, String> {
        Recorded::read(lines.join("\n").as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_was_written_is_read() {
        let recorded = read(&[HEADER, INVOKE, OK, FINAL, ""]).expect("a history");
        let account = AccountId::from(1);
        assert_eq!(recorded.facts.initial.get(&account), Some(&1000));
        assert_eq!(recorded.facts.end.get(&account), Some(&1010));
        let entries: Vec<_> = recorded.facts.history.entries().collect();
        let [entry] = &entries[..] else { panic!() };
        assert_eq!((entry.index, entry.invoked, entry.completed), (0, 5, 9));
        assert_eq!((entry.outcome, entry.balance), (Outcome::Ok, Some(1010)));
        assert!(recorded.complete);
    }

    #[test]
    fn a_history_that_was_cut_off_keeps_what_it_has() {
        for end in ["", r#"{"index":1,"ty"#] {
            let recorded = read(&[HEADER, INVOKE, end]).expect("a history");
            let entries: Vec<_> = recorded.facts.history.entries().collect();
            let [entry] = &entries[..] else { panic!() };
            assert_eq!(entry.outcome, Outcome::Unknown);
            assert!(!recorded.complete && recorded.facts.end.is_empty());
        }
    }

    #[test]
    fn faults_are_read_with_those_who_met_them() {
        let began = r#"{"fault":0,"what":"kill database","due":6,"step":"began","time":7}"#;
        let ended = r#"{"fault":0,"what":"kill database","due":6,"step":"ended","time":8}"#;
        let recorded = read(&[HEADER, INVOKE, began, ended, OK, FINAL, ""]).expect("a history");
        let [fault] = &recorded.facts.faults.iter().collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!((&*fault.what, fault.due), ("kill database", Duration::from_nanos(6)));
        assert_eq!((fault.met.ok, fault.served_after), (1, Some(Duration::from_nanos(1))));
        let error = read(&[HEADER, &ended.replace("ended", "undone"), ""]).expect_err("a mistake");
        assert!(error.starts_with("line 2: unknown variant `undone`"), "{error}");
    }

    #[test]
    fn mistakes_name_their_line() {
        for (lines, expected) in [
            (&[HEADER, "{", FINAL][..], "line 2: this is not JSON"),
            (&[HEADER, OK, ""], "line 2: process 3 completes what it did not invoke"),
            (&[HEADER, INVOKE, INVOKE, ""], "line 3: process 3 invokes an operation before"),
            (&[HEADER, FINAL, INVOKE, ""], "line 3: there is more after"),
            (&[HEADER, r#"{"x":1}"#, ""], "line 2: expected an operation"),
            (&[HEADER, r#"{"type":"oops"}"#, ""], "line 2: unknown variant `oops`"),
            (&[HEADER, &INVOKE.replace("10", "-9223372036854775808"), ""], "line 2: a delta of"),
            (&[HEADER, &INVOKE.replace("10", r#"10,"to":"2""#), ""], "line 2: a delta of 10"),
            (&[HEADER, ""], "there is not one operation in it"),
        ] {
            let error = read(lines).expect_err("a mistake");
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
