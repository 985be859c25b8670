//! Where a search got furthest before it had to go back.

/// The place, and what could not be placed there.
#[derive(Clone, Debug)]
pub(super) struct Stuck {
    /// Positions of the operations placed so far, in order.
    pub(super) trail: Vec<u32>,
    /// The operation that returned first of those still to be placed, and so
    /// had to come next. `None`: all are placed, and the end is wrong.
    pub(super) blocker: Option<u32>,
    /// The search never had a choice: every order fails right here.
    pub(super) forced: bool,
}

#[derive(Debug, Default)]
pub(super) struct Trace {
    pub(super) branched: bool,
    stuck: Option<Stuck>,
    records: u32,
}

impl Trace {
    /// Whether a dead end after so many operations is worth keeping. Records
    /// cost a copy: after many small improvements only large ones count.
    pub(super) fn wants(&self, length: usize) -> bool {
        let best = self.stuck.as_ref().map_or(0, |stuck| stuck.trail.len());
        self.stuck.is_none() || length > if self.records < 64 { best } else { best + best / 2 }
    }

    pub(super) fn got(&mut self, trail: Vec<u32>, blocker: Option<u32>) {
        self.records += 1;
        self.stuck = Some(Stuck { trail, blocker, forced: false });
    }

    pub(super) fn finish(self) -> Option<Stuck> {
        let forced = !self.branched;
        self.stuck.map(|stuck| Stuck { forced, ..stuck })
    }
}
