use std::io::Write;

use bankrun::facts::lines::{FinalLine, HeaderLine, OperationLine, ResolvedLine};
use bankrun::facts::{Facts, HistoryError, Recorded};
use bankrun::scenario::Expect;
use bankrun::verdict::{JudgeOptions, judge};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Few enough for any history that a fuzzer thinks of.
const STEPS: u64 = 10_000;

/// A history. Written line by line as bankrun writes one, it is the same, and
/// some verdict comes of it.
pub fn target(bytes: &[u8]) {
    let recorded = match Recorded::read(bytes) {
        Ok(recorded) => recorded,
        Err(HistoryError::Line { line, message }) => {
            let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
            assert!((1..=lines).contains(&line), "line {line} of {lines}");
            assert!(!message.is_empty());
            return;
        }
        Err(HistoryError::Empty) => return,
        Err(HistoryError::Read(error)) => panic!("bytes cannot be read: {error}"),
    };
    let again = Recorded::read(written(bytes).as_slice()).expect("what bankrun writes");
    let (before, after) = (&recorded.facts, &again.facts);
    let entries = |facts: &Facts| facts.history.entries().collect::<Vec<_>>();
    assert_eq!(entries(before), entries(after));
    assert_eq!(before.history.accounts(), after.history.accounts());
    assert_eq!(before.history.snapshots(), after.history.snapshots());
    assert_eq!((&before.initial, &before.end), (&after.initial, &after.end));
    assert_eq!((before.elapsed, recorded.complete), (after.elapsed, again.complete));

    let expect = serde_json::from_value::<Expect>(recorded.header.expect.clone());
    let options = JudgeOptions { budget: STEPS, ..JudgeOptions::default() };
    judge(&expect.unwrap_or_default(), &[], &recorded.facts, options);
}

/// The lines that are whole, each read and written by itself.
fn written(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let trimmed = line.trim_ascii();
        let Ok(value) = serde_json::from_slice::<Value>(trimmed) else { continue };
        let has = |key: &str| value.get(key).is_some();
        // A key that is given twice counts as the reader counts it.
        let written = if has("type") {
            rewritten::<OperationLine>(trimmed)
        } else if has("resolved") {
            rewritten::<ResolvedLine>(trimmed)
        } else if has("final") {
            rewritten::<FinalLine>(trimmed)
        } else {
            rewritten::<HeaderLine>(trimmed)
        };
        if let Some(line) = written {
            text.write_all(&line).and_then(|()| text.write_all(b"\n")).expect("memory");
        }
    }
    text
}

fn rewritten<T: Serialize + DeserializeOwned>(line: &[u8]) -> Option<Vec<u8>> {
    let line: T = serde_json::from_slice(line).ok()?;
    Some(serde_json::to_vec(&line).expect("it was JSON"))
}
