//! Entries of a history in a fifth of their size.
//!
//! Each is written as what differs from the one before it, in numbers of as many
//! bytes as they need (see [`super::varint`]): some twenty bytes for an operation.
//! They can be read from the first to the last only.

use std::fs::File;

use super::Attempt;
use super::blocks::{Block, Blocks};
use super::entry::Entry;
use super::varint::{put, step, take, unstep, unzigzag, zigzag};
use crate::model::{Amount, OperationKind, Outcome};

/// Of so many entries the earliest invocation is kept.
pub(super) const STRETCH: usize = 1_024;
/// Bytes are kept in blocks, so that what is there never has to move.
const BLOCK: usize = 64 * 1024;
/// No entry takes more.
const LONGEST: usize = 128;

const OUTCOMES: [Outcome; 4] = [Outcome::Ok, Outcome::Rejected, Outcome::Failed, Outcome::Unknown];

// What an entry has, beside its outcome in the lowest two bits and its kind in
// two others.
const BALANCE: u64 = 1 << 2;
const KIND: u32 = 3;
const TO_BALANCE: u64 = 1 << 5;
const NEVER: u64 = 1 << 6;
const ATTEMPT: u64 = 1 << 7;
const KEYED: u64 = 1 << 8;
const SNAPSHOT: u64 = 1 << 9;
const READ_BEFORE: u64 = 1 << 10;
const IN_CONFLICT: u64 = 1 << 11;

#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    full: Blocks,
    last: Vec<u8>,
    before: Before,
    length: usize,
    /// Of each stretch.
    earliest: Vec<u64>,
}

/// What the next entry is told apart from.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    index: u64,
    invoked: u64,
    balance: Amount,
    to_balance: Amount,
    operation: u64,
}

impl Packed {
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// The earliest invocation of each [`STRETCH`] entries.
    pub(super) fn earliest(&self) -> &[u64] {
        &self.earliest
    }

    /// What is full from here on goes to `file`.
    pub(super) fn go_to(&mut self, file: File) {
        self.full.go_to(file);
    }

    /// Why entries are missing that were there.
    pub(super) fn trouble(&self) -> Option<String> {
        self.full.trouble()
    }

    pub(super) fn push(&mut self, entry: &Entry) {
        match self.earliest.last_mut().filter(|_| !self.length.is_multiple_of(STRETCH)) {
            Some(earliest) => *earliest = entry.invoked.min(*earliest),
            None => self.earliest.push(entry.invoked),
        }
        if self.last.capacity() == 0 {
            self.last.reserve_exact(BLOCK);
        }
        let (bytes, before) = (&mut self.last, &mut self.before);
        let has = |flag: u64, has: bool| if has { flag } else { 0 };
        let outcome = OUTCOMES.iter().position(|outcome| *outcome == entry.outcome);
        let flags = outcome.unwrap_or_default() as u64
            | has(BALANCE, entry.balance.is_some())
            | kind_number(&entry.kind) << KIND
            | has(TO_BALANCE, entry.to_balance.is_some())
            | has(NEVER, entry.completed == u64::MAX)
            | has(ATTEMPT, entry.attempt.is_some())
            | has(KEYED, entry.attempt.is_some_and(|attempt| attempt.keyed))
            | has(SNAPSHOT, entry.snapshot.is_some())
            | has(READ_BEFORE, entry.read_at != entry.invoked)
            | has(IN_CONFLICT, entry.in_conflict);
        put(bytes, flags);
        put(bytes, step(&mut before.index, entry.index));
        put(bytes, step(&mut before.invoked, entry.invoked));
        if entry.read_at != entry.invoked {
            put(bytes, entry.invoked.wrapping_sub(entry.read_at));
        }
        if entry.completed != u64::MAX {
            put(bytes, entry.completed.wrapping_sub(entry.invoked));
        }
        if let Some(balance) = entry.balance {
            put(bytes, zigzag(balance.wrapping_sub(before.balance)));
            before.balance = balance;
        }
        if let Some(balance) = entry.to_balance {
            put(bytes, zigzag(balance.wrapping_sub(before.to_balance)));
            before.to_balance = balance;
        }
        if let Some(attempt) = entry.attempt {
            put(bytes, step(&mut before.operation, attempt.operation));
        }
        if let Some(snapshot) = entry.snapshot {
            put(bytes, snapshot.into());
        }
        match entry.kind {
            OperationKind::Update { account, delta } => {
                put(bytes, account.into());
                put(bytes, zigzag(delta));
            }
            OperationKind::Read { account } => put(bytes, account.into()),
            OperationKind::Transfer { from, to, amount } => {
                put(bytes, from.into());
                put(bytes, to.into());
                put(bytes, zigzag(amount));
            }
            OperationKind::Snapshot => {}
        }
        put(bytes, entry.process.into());
        put(bytes, entry.name.into());
        self.length += 1;
        if bytes.len() > BLOCK - LONGEST {
            self.full.push(std::mem::take(bytes));
        }
    }

    pub(super) fn iter(&self) -> Entries<'_> {
        let (block, before) = (Block::Lent(&[]), Before::default());
        Entries { packed: self, next: 0, block, at: 0, before, left: self.length }
    }
}

/// Reads entries from the first on.
#[derive(Clone, Debug)]
pub(super) struct Entries<'a> {
    packed: &'a Packed,
    /// The number of the block after this one.
    next: usize,
    block: Block<'a>,
    /// How much of the block is read.
    at: usize,
    before: Before,
    left: usize,
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        self.left = self.left.checked_sub(1)?;
        if self.at == self.block.len() && !self.turn() {
            self.left = 0;
            return None;
        }
        let unread = &mut &self.block[self.at..];
        let (bytes, before) = (unread, &mut self.before);
        let flags = take(bytes);
        let has = |flag: u64| flags & flag != 0;
        let index = unstep(&mut before.index, take(bytes));
        let invoked = unstep(&mut before.invoked, take(bytes));
        let read_at = match has(READ_BEFORE) {
            true => invoked.wrapping_sub(take(bytes)),
            false => invoked,
        };
        let completed = match has(NEVER) {
            true => u64::MAX,
            false => invoked.wrapping_add(take(bytes)),
        };
        let mut balance = |flag: u64, before: &mut Amount| {
            has(flag).then(|| {
                *before = before.wrapping_add(unzigzag(take(bytes)));
                *before
            })
        };
        let told = balance(BALANCE, &mut before.balance);
        let to_balance = balance(TO_BALANCE, &mut before.to_balance);
        let attempt = has(ATTEMPT).then(|| {
            let operation = unstep(&mut before.operation, take(bytes));
            Attempt { operation, keyed: has(KEYED) }
        });
        let snapshot = has(SNAPSHOT).then(|| take(bytes) as u32);
        let kind = take_kind(flags >> KIND, bytes);
        let (process, name) = (take(bytes) as u32, take(bytes) as u16);
        self.at = self.block.len() - bytes.len();
        Some(Entry {
            index,
            invoked,
            read_at,
            completed,
            kind,
            balance: told,
            to_balance,
            attempt,
            snapshot,
            process,
            name,
            outcome: OUTCOMES[(flags & 3) as usize],
            in_conflict: has(IN_CONFLICT),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Entries<'_> {}

fn kind_number(kind: &OperationKind<u32>) -> u64 {
    match kind {
        OperationKind::Update { .. } => 0,
        OperationKind::Read { .. } => 1,
        OperationKind::Transfer { .. } => 2,
        OperationKind::Snapshot => 3,
    }
}

/// The kind of this number, in the lowest two bits, with what it needs of `bytes`.
fn take_kind(number: u64, bytes: &mut &[u8]) -> OperationKind<u32> {
    match number & 3 {
        0 => OperationKind::Update { account: take(bytes) as u32, delta: unzigzag(take(bytes)) },
        1 => OperationKind::Read { account: take(bytes) as u32 },
        2 => OperationKind::Transfer {
            from: take(bytes) as u32,
            to: take(bytes) as u32,
            amount: unzigzag(take(bytes)),
        },
        _ => OperationKind::Snapshot,
    }
}

impl Entries<'_> {
    /// Goes on to the next block. False: it cannot be read.
    fn turn(&mut self) -> bool {
        let is_full = self.next < self.packed.full.len();
        let block = if is_full {
            self.packed.full.get(self.next)
        } else {
            Some(Block::Lent(&self.packed.last))
        };
        self.next += 1;
        self.at = 0;
        self.block = block.unwrap_or(Block::Lent(&[]));
        !self.block.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers of every size.
    fn number() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0u32..64).prop_map(|(number, shift)| number >> shift)
    }

    fn amount() -> impl Strategy<Value = Amount> {
        number().prop_map(|number| number as Amount)
    }

    fn place() -> impl Strategy<Value = u32> {
        number().prop_map(|number| number as u32)
    }

    fn kind() -> impl Strategy<Value = OperationKind<u32>> {
        prop_oneof![
            (place(), amount())
                .prop_map(|(account, delta)| OperationKind::Update { account, delta }),
            place().prop_map(|account| OperationKind::Read { account }),
            (place(), place(), amount()).prop_map(|(from, to, amount)| OperationKind::Transfer {
                from,
                to,
                amount
            }),
            Just(OperationKind::Snapshot),
        ]
    }

    prop_compose! {
        fn entry()(
            (index, invoked, completed) in (number(), number(), number()),
            (read_at, in_conflict) in (prop::option::of(number()), any::<bool>()),
            kind in kind(),
            (balance, to_balance) in (prop::option::of(amount()), prop::option::of(amount())),
            attempt in prop::option::of((number(), any::<bool>())),
            snapshot in prop::option::of(place()),
            (process, name) in (any::<u32>(), any::<u16>()),
            outcome in 0..4usize,
        ) -> Entry {
            let attempt = attempt.map(|(operation, keyed)| Attempt { operation, keyed });
            let outcome = OUTCOMES[outcome];
            let read_at = read_at.unwrap_or(invoked);
            Entry {
                index, invoked, read_at, in_conflict, completed, kind, balance, to_balance, attempt,
                snapshot, process, name, outcome,
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(
            entries in prop::collection::vec(entry(), 0..40),
            to_a_file in any::<bool>(),
        ) {
            let mut packed = Packed::default();
            if to_a_file {
                packed.go_to(tempfile::tempfile().expect("a file"));
            }
            // Often enough that it takes several blocks.
            for _ in 0..100 {
                entries.iter().for_each(|entry| packed.push(entry));
            }
            prop_assert_eq!(packed.len(), entries.len() * 100);
            let out: Vec<Entry> = packed.iter().collect();
            let expected: Vec<Entry> =
                entries.iter().copied().cycle().take(entries.len() * 100).collect();
            prop_assert_eq!(out, expected);
        }
    }

    #[test]
    fn a_plain_operation_takes_some_twenty_bytes() {
        let mut packed = Packed::default();
        for number in 0..100_000u64 {
            packed.push(&Entry {
                index: number * 2,
                invoked: number * 10_000 + number * 7_919 % 1_000_000,
                read_at: number * 10_000 + number * 7_919 % 1_000_000,
                completed: number * 10_000 + 1_000_000,
                balance: Some((number * 37 % 1_000_000) as Amount),
                to_balance: None,
                attempt: None,
                snapshot: None,
                process: (number % 64) as u32,
                kind: OperationKind::Update {
                    account: (number * 17 % 1_000) as u32,
                    delta: (number * 31 % 1_000) as Amount - 500,
                },
                name: 0,
                outcome: Outcome::Ok,
                in_conflict: false,
            });
        }
        let bytes = packed.full.in_memory() + packed.last.len();
        assert!(bytes < 22 * 100_000, "{bytes}");
    }
}
