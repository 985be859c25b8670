//! Two clocks of a history: the order of its lines, and their `time`.

use std::collections::HashMap;

/// Lines whose `time` contradicts their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disorder {
    /// The first such line, counted from 1, and the one before it that is later.
    pub line: usize,
    pub time: u64,
    pub earlier_line: usize,
    pub earlier_time: u64,
    /// How many such lines there are.
    pub count: u64,
}

/// Says when each line was, and notes where the clocks disagree.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// Whether lines carry a `time`; else their order tells it.
    timed: Option<bool>,
    /// How many lines there were.
    lines: u64,
    /// The latest line so far.
    latest: Option<Moment>,
    /// The last line of each process.
    last: HashMap<u32, Moment>,
    disorder: Option<Disorder>,
}

#[derive(Clone, Copy, Debug)]
struct Moment {
    line: usize,
    time: u64,
}

impl Clock {
    /// The time of a line, which is `time` where lines have one. `in_order`: they were
    /// written one after another; bankrun itself notes them as they arrive from
    /// virtual users, each of which is in order.
    pub(super) fn read(
        &mut self,
        line: usize,
        process: u32,
        time: Option<u64>,
        in_order: bool,
    ) -> Result<u64, String> {
        self.lines += 1;
        let timed = *self.timed.get_or_insert(time.is_some());
        let now = match (timed, time) {
            (true, Some(time)) => Moment { line, time },
            (false, None) => return Ok(self.lines),
            (true, None) => return Err("it has no `time`, and lines before it have one".into()),
            (false, Some(_)) => return Err("it has a `time`, and lines before it have none".into()),
        };
        let before = match in_order {
            true => self.latest,
            false => self.last.get(&process).copied(),
        };
        if let Some(before) = before.filter(|before| now.time < before.time) {
            let disorder = self.disorder.get_or_insert(Disorder {
                line,
                time: now.time,
                earlier_line: before.line,
                earlier_time: before.time,
                count: 0,
            });
            disorder.count += 1;
        }
        if self.latest.is_none_or(|latest| latest.time <= now.time) {
            self.latest = Some(now);
        }
        self.last.insert(process, now);
        Ok(now.time)
    }

    /// The time of a line beside those of operations.
    pub(super) fn beside(&self, time: u64) -> u64 {
        if self.timed == Some(false) { self.lines } else { time }
    }

    pub(super) fn is_timed(&self) -> bool {
        self.timed == Some(true)
    }

    pub(super) fn disorder(&self) -> Option<Disorder> {
        self.disorder
    }
}
