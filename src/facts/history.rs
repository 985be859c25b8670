use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;

use super::entry::Entry;
use super::numbers::Numbers;
use super::ordered::ByInvocation;
use super::packed::{self, Packed};
use super::{Attempt, Invocation, Operation, Resolution};
use crate::model::{AccountId, Amount, Call, Outcome};

/// An operation during which so many lines were written is put aside, so that it
/// holds up no others.
const FAR: u64 = 65_536;
/// Conflict, Precondition Failed, Locked.
const CONFLICTS: [u16; 3] = [409, 412, 423];

/// Every operation of a run, in the order of completion, in a form that costs
/// some twenty bytes an operation.
#[derive(Clone, Debug, Default)]
pub struct History {
    numbers: Numbers,
    entries: Packed,
    /// Attempts without an answer, of which it may be found out yet what became of
    /// them; and what took [`FAR`] longer than others.
    aside: Vec<Entry>,
    has_attempts: bool,
    snapshots: Vec<Vec<(u32, Amount)>>,
    /// What was invoked and is not completed, by process.
    open: HashMap<u32, Open>,
    /// Accounts with an operation that was never answered and whose amount only the
    /// answer would have told: they may hold anything.
    open_ended_accounts: BTreeSet<u32>,
    /// Entries that are no longer there.
    forgotten: usize,
    /// Lines so far: an invoke and a completion are one each.
    lines: u64,
}

/// An operation on its way.
#[derive(Clone, Debug)]
struct Open {
    index: u64,
    invocation: Invocation,
}

impl History {
    /// Notes the invocation. Returns the index of its line.
    pub fn invoke(&mut self, invocation: &Invocation) -> u64 {
        let index = self.next_line();
        let open = Open { index, invocation: invocation.clone() };
        if let Some(lost) = self.open.insert(invocation.process, open) {
            self.give_up(lost);
        }
        index
    }

    /// Notes the completion. Returns the index of its line.
    pub fn complete(&mut self, operation: &Operation) -> u64 {
        let line = self.next_line();
        let open = self.open.remove(&operation.process);
        let invocation = open.as_ref().map(|open| &open.invocation);
        let attempt = invocation.and_then(|invocation| invocation.attempt);
        let read_at = invocation.and_then(|invocation| invocation.read_at);
        let index = open.as_ref().map_or(line, |open| open.index);
        let snapshot = operation.snapshot.as_ref().map(|balances| self.snapshot(balances));
        let entry = Entry {
            snapshot,
            invoked: nanos(operation.invoked),
            read_at: nanos(read_at.unwrap_or(operation.invoked)),
            completed: match operation.outcome {
                Outcome::Unknown => u64::MAX,
                _ => nanos(operation.completed),
            },
            balance: operation.balance,
            to_balance: operation.to_balance,
            outcome: match operation.outcome {
                Outcome::Rejected if operation.is_leg => Outcome::Failed,
                outcome => outcome,
            },
            in_conflict: operation.status.is_some_and(|status| CONFLICTS.contains(&status)),
            ..self.open_ended(index, operation.process, &operation.call, attempt)
        };
        self.keep(entry);
        line
    }

    /// Takes in what became of an operation that was never answered.
    pub fn resolve(&mut self, resolution: &Resolution) {
        let mut legs = HashSet::new();
        for entry in self.aside.iter_mut().rev() {
            let leg = entry.attempt.and_then(|attempt| attempt.leg_of(resolution.operation));
            let Some(leg) = leg.filter(|_| entry.outcome == Outcome::Unknown) else { continue };
            // Of several tries the last one stands for all.
            if !legs.insert(leg) {
                continue;
            }
            entry.outcome = Outcome::Ok;
            // By whatever clock: not before it was asked.
            entry.completed = nanos(resolution.time).max(entry.invoked);
            if leg == 0 {
                entry.balance = resolution.balance;
                entry.to_balance = resolution.to_balance;
            }
        }
    }

    /// What was invoked and never completed is of unknown outcome.
    pub fn close(&mut self) {
        let mut open: Vec<Open> = self.open.drain().map(|(_, open)| open).collect();
        open.sort_unstable_by_key(|open| open.index);
        for lost in open {
            self.give_up(lost);
        }
    }

    /// The accounts that were touched, in the order of their first operation.
    pub fn accounts(&self) -> &[AccountId] {
        self.numbers.accounts()
    }

    /// What the operation is called in the scenario, or in the file it was read
    /// from. `None`: there were more names than anybody wants to keep.
    pub fn name(&self, entry: &Entry) -> Option<&str> {
        self.numbers.name(entry.name)
    }

    /// Accounts of which nobody can know what they should hold.
    pub fn open_ended_accounts(&self) -> BTreeSet<AccountId> {
        let name = |account: &u32| self.accounts().get(*account as usize).cloned();
        self.open_ended_accounts.iter().filter_map(name).collect()
    }

    /// In the order of completion, but for attempts that were never answered and
    /// what took very long: they come last.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = Entry> + Clone + '_ {
        let left = self.entries.len() + self.aside.len();
        Entries { packed: self.entries.iter(), aside: self.aside.iter(), left }
    }

    /// How many entries it has, or had.
    pub fn len(&self) -> usize {
        self.forgotten + self.entries().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets go of the entries, and keeps their number.
    pub fn forget(&mut self) {
        *self = Self { forgotten: self.len(), ..Self::default() };
    }

    /// In the order of invocation, each with its position among
    /// [`entries`](Self::entries).
    pub fn by_invocation(&self) -> ByInvocation<'_> {
        ByInvocation::new(self.entries.iter(), self.entries.earliest(), &self.aside)
    }

    /// Whether operations were, or could have been, tried several times.
    pub fn has_attempts(&self) -> bool {
        self.has_attempts
    }

    /// What comes from here on is kept in `file`, not in memory, as far as it
    /// takes it. Nobody else may write to it.
    pub fn keep_in(&mut self, file: File) {
        self.entries.go_to(file);
    }

    /// Why a part of the history could not be read again from its file, if so:
    /// entries are missing.
    pub fn trouble(&self) -> Option<String> {
        self.entries.trouble()
    }

    /// Balances that were read at one instant, by account.
    pub fn snapshots(&self) -> &[Vec<(u32, Amount)>] {
        &self.snapshots
    }

    fn keep(&mut self, entry: Entry) {
        if let (true, Outcome::Unknown, Some(account)) =
            (entry.kind.is_open(), entry.outcome, entry.kind.account())
        {
            self.open_ended_accounts.insert(*account);
        }
        self.has_attempts |= entry.attempt.is_some();
        let may_be_resolved = entry.outcome == Outcome::Unknown && entry.attempt.is_some();
        if may_be_resolved || self.lines - entry.index > FAR {
            self.aside.push(entry);
        } else {
            self.entries.push(&entry);
        }
    }

    fn next_line(&mut self) -> u64 {
        self.lines += 1;
        self.lines - 1
    }

    fn give_up(&mut self, open: Open) {
        let Invocation { process, call, time, attempt, read_at } = open.invocation;
        let entry = Entry {
            invoked: nanos(time),
            read_at: nanos(read_at.unwrap_or(time)),
            ..self.open_ended(open.index, process, &call, attempt)
        };
        self.keep(entry);
    }

    fn open_ended(
        &mut self,
        index: u64,
        process: u32,
        call: &Call,
        attempt: Option<Attempt>,
    ) -> Entry {
        Entry {
            index,
            invoked: 0,
            read_at: 0,
            completed: u64::MAX,
            kind: call.kind.map(|account| self.numbers.of_account(account)),
            balance: None,
            to_balance: None,
            attempt,
            snapshot: None,
            process,
            name: self.numbers.of_name(&call.name),
            outcome: Outcome::Unknown,
            in_conflict: false,
        }
    }

    fn snapshot(&mut self, balances: &[(AccountId, Amount)]) -> u32 {
        let numbered = |(account, balance): &_| (self.numbers.of_account(account), *balance);
        self.snapshots.push(balances.iter().map(numbered).collect());
        u32::try_from(self.snapshots.len() - 1).unwrap_or(u32::MAX)
    }
}

/// All of them, one after another.
#[derive(Clone)]
struct Entries<'a> {
    packed: packed::Entries<'a>,
    aside: std::slice::Iter<'a, Entry>,
    left: usize,
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let entry = self.packed.next().or_else(|| self.aside.next().copied())?;
        self.left -= 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Entries<'_> {}

pub(super) fn nanos(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    fn invocation(process: u32, time: u64) -> Invocation {
        let call = Arc::new(Call::deposit("1".into(), 10));
        Invocation { process, call, time: Duration::from_nanos(time), attempt: None, read_at: None }
    }

    #[test]
    fn an_operation_is_known_by_the_line_of_its_invocation() {
        let mut history = History::default();
        assert_eq!(history.invoke(&invocation(0, 5)), 0);
        assert_eq!(history.invoke(&invocation(1, 6)), 1);
        let completed = Operation {
            process: 1,
            invoked: Duration::from_nanos(6),
            completed: Duration::from_nanos(9),
            balance: Some(10),
            ..Operation::done(Call::deposit("1".into(), 10))
        };
        assert_eq!(history.complete(&completed), 2);
        history.close();
        let entries: Vec<Entry> = history.entries().collect();
        let [done, lost] = &entries[..] else { panic!("{entries:?}") };
        assert_eq!((done.index, done.completed, done.outcome), (1, 9, Outcome::Ok));
        assert_eq!((lost.index, lost.completed, lost.outcome), (0, u64::MAX, Outcome::Unknown));
        assert_eq!(lost.invoked, 5);
        assert_eq!(history.name(done), Some("deposit"));
    }

    /// With a number of its own, and as a leg of another operation.
    #[test]
    fn what_is_found_out_later_is_of_each_account() {
        let first = Attempt { operation: 7, keyed: true };
        let foreign = Attempt { operation: u64::MAX - 1, keyed: true };
        let attempts = [first, first.of_leg(1), first.of_leg(2), foreign];
        let mut history = History::default();
        for (process, attempt) in (0..).zip(attempts) {
            let attempt = Some(attempt);
            history.invoke(&Invocation { attempt, ..invocation(process, 5) });
            let outcome = Outcome::Unknown;
            let call = Call::deposit("1".into(), 10);
            history.complete(&Operation { process, outcome, ..Operation::done(call) });
        }
        let resolve = |operation| Resolution {
            operation,
            time: Duration::from_nanos(50),
            balance: Some(30),
            to_balance: None,
        };
        let known = |history: &History| -> Vec<(Outcome, Option<Amount>)> {
            history.entries().map(|entry| (entry.outcome, entry.balance)).collect()
        };
        let unknown = (Outcome::Unknown, None);
        history.resolve(&resolve(7));
        let done = (Outcome::Ok, None);
        assert_eq!(known(&history), [(Outcome::Ok, Some(30)), done, done, unknown]);
        history.resolve(&resolve(u64::MAX - 1));
        assert_eq!(known(&history)[3], (Outcome::Ok, Some(30)));
    }
}
