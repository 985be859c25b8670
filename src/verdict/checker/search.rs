//! A depth-first search for one order that explains everything.
//!
//! After Wing & Gong ("Testing and verifying concurrent objects", 1993) and
//! Lowe ("Testing for linearizability", 2017), as in Knossos and Porcupine:
//! take an operation that the clock and the balances allow, remember the sets
//! of operations that led nowhere, go back. What is special here:
//! - the balances follow from the set of operations done, so that set alone is
//!   the memory (as a 128-bit Zobrist hash, kept at branchings only);
//! - a legal read or rejection is taken at once: it changes nothing, and taking
//!   it only lifts restrictions;
//! - of two equal updates the one that returns first comes first;
//! - operations of unknown outcome are used only where the search is stuck, the
//!   fewest first, and only where they lead to a balance from which it goes on.
//!
//! Where every balance is left once the search never branches: then it takes at
//! most one step for each operation, `O(n log n)` together with the sorting, and
//! its answer is exact whatever the budget. In general the problem is
//! NP-complete, and the budget ends it.

use super::marks::{Seen, zobrist};
use super::model::Problem;
use super::optional::Optional;
use super::rules::{Role, apply, legal, preserves, role};
use super::stuck::Trace;
use super::window::Window;

pub(super) struct Search<'a> {
    pub(super) problem: &'a Problem,
    pub(super) accounts: &'a [u32],
    pub(super) state: Vec<i64>,
    pub(super) window: Window,
    pub(super) optional: Optional,
    /// What was done, in order.
    pub(super) trail: Vec<Done>,
    /// By position, where that matters: what is in `trail`.
    placed: Vec<bool>,
    hash: u128,
    pub(super) frames: Vec<Frame>,
    pub(super) moves: Vec<Move>,
    pub(super) seen: Seen,
    pub(super) steps: u64,
    pub(super) walked: u64,
    pub(super) limit: u64,
    pub(super) trace: Trace,
    /// An order of unknown outcomes may have been overlooked.
    pub(super) missed: bool,
    /// How long a run of unknown outcomes may be in this round.
    pub(super) longest: u32,
    /// Something was left out in this round.
    pub(super) cut: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Done {
    Item { index: u32, low: u32 },
    Optional { group: u32, position: u32 },
}

#[derive(Clone, Debug)]
pub(super) enum Move {
    Item(u32),
    /// A run of groups of unknown outcome.
    Jump(Box<[u32]>),
}

/// A state that the search stands on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    trail: u32,
    moves: u32,
    /// How long the jumps are that were tried last.
    jump: u32,
}

impl<'a> Search<'a> {
    /// `ops`: the positions of the component's operations.
    pub(super) fn new(
        problem: &'a Problem,
        accounts: &'a [u32],
        ops: &[u32],
        real_time: bool,
        budget: u64,
    ) -> Self {
        let of = |wanted: Role| -> Vec<u32> {
            ops.iter()
                .copied()
                .filter(|p| role(&problem.ops[*p as usize], &problem.floors) == wanted)
                .collect()
        };
        let items = of(Role::Required);
        let keyed = (accounts.len() == 1).then(|| accounts[0]);
        let limit = budget.saturating_add(items.len() as u64);
        Self {
            problem,
            accounts,
            state: problem.initial.clone(),
            window: Window::new(problem, items, keyed, real_time),
            optional: Optional::new(problem, of(Role::Optional)),
            trail: Vec::new(),
            placed: match problem.refused_first.is_empty() {
                true => Vec::new(),
                // What demands nothing has no place that could be waited for.
                false => problem
                    .ops
                    .iter()
                    .map(|op| role(op, &problem.floors) == Role::Ignored)
                    .collect(),
            },
            hash: 0,
            frames: Vec::new(),
            moves: Vec::new(),
            seen: Seen::default(),
            steps: 0,
            walked: 0,
            limit,
            trace: Trace::default(),
            missed: false,
            longest: u32::MAX,
            cut: false,
        }
    }

    /// Takes what changes nothing, and collects the updates that can come next.
    pub(super) fn enter(&mut self) {
        let start = self.moves.len();
        loop {
            self.moves.truncate(start);
            let mut took = false;
            let bound = self.window.bound(self.problem);
            for list in self.window.lists(&self.state).into_iter().flatten() {
                let mut node = list;
                while let Some(index) = self.window.after(node) {
                    self.walked += 1;
                    let position = self.window.items[index as usize];
                    let op = &self.problem.ops[position as usize];
                    if op.invoked > bound {
                        break;
                    }
                    if !legal(op, &self.state, &self.problem.floors) || !self.is_open(position) {
                        node = index;
                    } else if preserves(op) {
                        self.take(index);
                        took = true;
                    } else {
                        self.offer(start, index);
                        node = index;
                    }
                }
            }
            if !took {
                break;
            }
        }
        let (window, problem) = (&self.window, self.problem);
        self.moves[start..].sort_by_key(|offer| match offer {
            Move::Item(index) => {
                let op = &problem.ops[window.items[*index as usize] as usize];
                (op.kind.legs().all(|leg| leg.balance.is_some()), std::cmp::Reverse(op.completed))
            }
            Move::Jump(_) => (false, std::cmp::Reverse(0)),
        });
        let mut offers = self.moves.len() - start;
        let safe: Option<Move> =
            if offers > 1 || !self.optional.is_empty() { self.safe(start) } else { None };
        if let Some(safe) = &safe {
            self.moves.truncate(start);
            self.moves.push(safe.clone());
            offers = 1;
        }
        let frame = Frame { trail: self.trail.len() as u32, moves: start as u32, jump: 0 };
        self.frames.push(frame);
        if safe.is_some() {
            self.close();
            return;
        }
        if offers > 1 {
            self.trace.branched = true;
            if !self.seen.insert(self.hash) {
                self.moves.truncate(start);
                self.close();
            }
        } else if offers == 0 && !self.complete() {
            self.dead_end();
        }
    }

    fn dead_end(&mut self) {
        if self.trace.wants(self.trail.len(), self.steps) {
            let blocker = self.window.earliest().map(|index| self.window.items[index as usize]);
            let trail = self.order();
            self.trace.got(trail, blocker);
        }
    }

    /// Of equal updates only the one that returns first.
    fn offer(&mut self, start: usize, index: u32) {
        let op = |index: u32| &self.problem.ops[self.window.items[index as usize] as usize];
        for offered in &mut self.moves[start..] {
            if let Move::Item(other) = offered
                && op(*other).kind == op(index).kind
            {
                if op(index).completed < op(*other).completed {
                    *other = index;
                }
                return;
            }
        }
        self.moves.push(Move::Item(index));
    }

    pub(super) fn next_move(&mut self) -> Option<Move> {
        loop {
            let frame = *self.frames.last()?;
            if self.moves.len() > frame.moves as usize {
                self.steps += 1;
                return self.moves.pop();
            }
            if frame.jump == u32::MAX || self.optional.is_empty() {
                return None;
            }
            if frame.jump == 0 {
                self.trace.branched = true;
                // Branchings are in the memory already; this state may not be.
                let fresh = self.seen.insert(self.hash ^ 1);
                if !fresh {
                    self.close();
                    return None;
                }
            }
            let length = frame.jump + 1;
            let more = self.jumps(length);
            if let Some(frame) = self.frames.last_mut() {
                let last = length == self.longest;
                self.cut |= more && last;
                frame.jump = if more && !last { length } else { u32::MAX };
            }
            if self.spent() {
                return None;
            }
        }
    }

    fn close(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.jump = u32::MAX;
        }
    }

    /// Goes back to the state before; false at the start.
    pub(super) fn leave(&mut self) -> bool {
        self.frames.pop();
        let Some(frame) = self.frames.last() else { return false };
        let trail = frame.trail as usize;
        while self.trail.len() > trail {
            self.undo();
        }
        true
    }

    pub(super) fn perform(&mut self, next: &Move) {
        match next {
            Move::Item(index) => self.take(*index),
            Move::Jump(groups) => {
                for group in groups {
                    self.take_optional(*group, u64::MAX);
                }
            }
        }
    }

    fn take(&mut self, index: u32) {
        let (low, position) = (self.window.low(), self.window.items[index as usize]);
        self.window.take(index);
        apply(&self.problem.ops[position as usize], &mut self.state, 1);
        self.mark(position, true);
        self.trail.push(Done::Item { index, low });
    }

    pub(super) fn take_optional(&mut self, group: u32, bound: u64) {
        let next = self.optional.next(self.problem, group, bound);
        let Some(position) = next.filter(|position| self.is_open(*position)) else { return };
        self.optional.take(group);
        apply(&self.problem.ops[position as usize], &mut self.state, 1);
        self.mark(position, true);
        self.trail.push(Done::Optional { group, position });
    }

    pub(super) fn undo(&mut self) {
        let position = match self.trail.pop() {
            None => return,
            Some(Done::Item { index, low }) => {
                self.window.put_back(index, low);
                self.window.items[index as usize]
            }
            Some(Done::Optional { group, position }) => {
                self.optional.put_back(group);
                position
            }
        };
        apply(&self.problem.ops[position as usize], &mut self.state, -1);
        self.mark(position, false);
    }

    fn mark(&mut self, position: u32, placed: bool) {
        self.hash ^= zobrist(position);
        if let Some(mark) = self.placed.get_mut(position as usize) {
            *mark = placed;
        }
    }

    /// Whether every refusal that must come before the operation has its place.
    pub(super) fn is_open(&self, position: u32) -> bool {
        self.problem.refusals_before(position).all(|refusal| self.placed[refusal as usize])
    }
}
