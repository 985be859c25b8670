//! The operations that a settler holds.

use super::super::model::Op;

/// An operation, and its position in the history.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) op: Op,
    pub(super) position: u32,
}

/// Operations by number; the numbers of those given back are used again.
#[derive(Debug, Default)]
pub(super) struct Slab {
    held: Vec<Held>,
    free: Vec<u32>,
}

impl Slab {
    pub(super) fn insert(&mut self, held: Held) -> u32 {
        match self.free.pop() {
            Some(number) => {
                self.held[number as usize] = held;
                number
            }
            None => {
                self.held.push(held);
                (self.held.len() - 1) as u32
            }
        }
    }

    pub(super) fn op(&self, number: u32) -> &Op {
        &self.held[number as usize].op
    }

    pub(super) fn position(&self, number: u32) -> u32 {
        self.held[number as usize].position
    }

    /// Nobody asks for this number again.
    pub(super) fn give_back(&mut self, number: u32) {
        self.free.push(number);
    }
}
