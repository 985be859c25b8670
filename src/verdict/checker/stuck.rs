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
    /// How many operations were copied for it so far.
    copied: u64,
}

impl Trace {
    /// Whether a dead end after so many operations is worth keeping. It costs a
    /// copy: all of them together no more than the steps of the search do.
    pub(super) fn wants(&self, length: usize, steps: u64) -> bool {
        let best = self.stuck.as_ref().map(|stuck| stuck.trail.len());
        let affordable = self.copied + length as u64 <= 1_000_000 + 32 * steps;
        best.is_none_or(|best| length > best && affordable)
    }

    pub(super) fn got(&mut self, trail: Vec<u32>, blocker: Option<u32>) {
        self.copied += trail.len() as u64;
        self.stuck = Some(Stuck { trail, blocker, forced: false });
    }

    pub(super) fn finish(self) -> Option<Stuck> {
        let forced = !self.branched;
        self.stuck.map(|stuck| Stuck { forced, ..stuck })
    }
}
