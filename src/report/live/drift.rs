use std::collections::{BTreeMap, HashMap};

use crate::facts::{Event, Invocation, Operation};
use crate::model::{AccountId, Amount, Call, Outcome};

/// What each account should hold by what was acknowledged, and what the answers
/// say that it holds, as the run goes on.
///
/// An answer is held against what it can have seen: all that was acknowledged
/// before its operation was sent, and any of what was under way beside it. What
/// is off by that rule is off for certain, in a run that is alone on its accounts.
#[derive(Clone, Debug, Default)]
pub(super) struct Drift {
    books: HashMap<AccountId, Book>,
    /// What was known when the operation under way was sent, by virtual user.
    sent: HashMap<u32, Vec<Mark>>,
    missing: u64,
    surplus: u64,
}

/// One account.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) initial: Option<Amount>,
    /// The sum of all updates that were acknowledged.
    acknowledged: Amount,
    /// All updates that were sent, and those of them that are known to be over.
    asked: Reach,
    over: Reach,
    /// The balance that was read at the start, or in the latest answer.
    pub(super) told: Option<Amount>,
    /// How far that is from all that it can have been.
    off: Amount,
}

/// Amounts that may or may not count, added up by their sign.
#[derive(Clone, Copy, Debug, Default)]
struct Reach {
    down: Amount,
    up: Amount,
}

#[derive(Clone, Debug)]
struct Mark {
    account: AccountId,
    delta: Amount,
    acknowledged: Amount,
    under_way: Reach,
    asked: Reach,
}

impl Drift {
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Began { initial } => self.begin(initial),
            Event::Invoked(invocation) => self.invoke(invocation),
            Event::Operation(operation) => self.complete(operation),
            Event::Ended { balances } => self.end(balances),
            _ => {}
        }
    }

    /// Acknowledged money that the answers do not show; at least so much.
    pub(super) fn missing(&self) -> u64 {
        self.missing
    }

    /// Money in the answers that was never acknowledged; at least so much.
    pub(super) fn surplus(&self) -> u64 {
        self.surplus
    }

    pub(super) fn len(&self) -> usize {
        self.books.len()
    }

    pub(super) fn get(&self, account: &AccountId) -> Option<&Book> {
        self.books.get(account)
    }

    /// At most so many accounts: those that are off most, the others by name.
    pub(super) fn worst(&self, most: usize) -> Vec<(&AccountId, &Book)> {
        let mut books: Vec<_> = self.books.iter().collect();
        let rank = |(account, book): &(&AccountId, &Book)| {
            (std::cmp::Reverse(book.off.unsigned_abs()), (*account).clone())
        };
        if books.len() > most {
            books.select_nth_unstable_by_key(most, rank);
            books.truncate(most);
        }
        books.sort_by_cached_key(rank);
        books
    }

    fn begin(&mut self, initial: &BTreeMap<AccountId, Amount>) {
        for (account, amount) in initial {
            let book = Book { initial: Some(*amount), told: Some(*amount), ..Book::default() };
            self.books.insert(account.clone(), book);
        }
    }

    fn invoke(&mut self, invocation: &Invocation) {
        let mut marks = Vec::new();
        for (account, delta) in legs(&invocation.call) {
            let book = self.books.entry(account.clone()).or_default();
            marks.push(Mark {
                account: account.clone(),
                delta,
                acknowledged: book.acknowledged,
                under_way: book.asked.without(book.over),
                asked: book.asked,
            });
            book.asked.add(delta);
        }
        self.sent.insert(invocation.process, marks);
    }

    fn complete(&mut self, operation: &Operation) {
        let marks = self.sent.remove(&operation.process).unwrap_or_default();
        let told = [operation.balance, operation.to_balance];
        for (mark, told) in marks.iter().zip(told) {
            let Some(book) = self.books.get_mut(&mark.account) else { continue };
            if operation.outcome != Outcome::Unknown {
                book.over.add(mark.delta);
            }
            if operation.outcome != Outcome::Ok {
                continue;
            }
            book.acknowledged = book.acknowledged.saturating_add(mark.delta);
            let Some(told) = told else { continue };
            let mut beside = book.asked.without(mark.asked);
            beside.take(mark.delta);
            let certain = mark.acknowledged.saturating_add(mark.delta);
            let off = book.off_by(told, certain, beside.with(mark.under_way));
            self.now(&mark.account, told, off);
        }
    }

    /// All is quiet: only what has no answer is uncertain.
    fn end(&mut self, balances: &BTreeMap<AccountId, Amount>) {
        for (account, told) in balances {
            let book = self.books.entry(account.clone()).or_default();
            let off = book.off_by(*told, book.acknowledged, book.asked.without(book.over));
            self.now(account, *told, off);
        }
    }

    fn now(&mut self, account: &AccountId, told: Amount, off: Amount) {
        let Some(book) = self.books.get_mut(account) else { return };
        self.missing = self.missing.saturating_sub(book.off.min(0).unsigned_abs());
        self.surplus = self.surplus.saturating_sub(book.off.max(0).unsigned_abs());
        (book.told, book.off) = (Some(told), off);
        self.missing = self.missing.saturating_add(off.min(0).unsigned_abs());
        self.surplus = self.surplus.saturating_add(off.max(0).unsigned_abs());
    }
}

impl Book {
    /// What it holds by all that was acknowledged.
    pub(super) fn expected(&self) -> Option<Amount> {
        Some(self.initial?.saturating_add(self.acknowledged))
    }

    /// The same with any of what is under way.
    pub(super) fn low_and_high(&self) -> Option<(Amount, Amount)> {
        let (expected, open) = (self.expected()?, self.asked.without(self.over));
        Some((expected.saturating_add(open.down), expected.saturating_add(open.up)))
    }

    fn off_by(&self, told: Amount, certain: Amount, optional: Reach) -> Amount {
        let Some(initial) = self.initial else { return 0 };
        let sure = initial.saturating_add(certain);
        let low = sure.saturating_add(optional.down);
        let high = sure.saturating_add(optional.up);
        if told < low {
            told.saturating_sub(low)
        } else if told > high {
            told.saturating_sub(high)
        } else {
            0
        }
    }
}

impl Reach {
    fn add(&mut self, delta: Amount) {
        let side = if delta < 0 { &mut self.down } else { &mut self.up };
        *side = side.saturating_add(delta);
    }

    fn take(&mut self, delta: Amount) {
        let side = if delta < 0 { &mut self.down } else { &mut self.up };
        *side = side.saturating_sub(delta);
    }

    fn with(self, other: Self) -> Self {
        Self { down: self.down.saturating_add(other.down), up: self.up.saturating_add(other.up) }
    }

    fn without(self, other: Self) -> Self {
        Self { down: self.down.saturating_sub(other.down), up: self.up.saturating_sub(other.up) }
    }
}

/// The accounts that a call is about, and what it does to each.
fn legs(call: &Call) -> impl Iterator<Item = (&AccountId, Amount)> {
    let own = (!call.is_everywhere()).then_some((&call.account, call.delta));
    own.into_iter().chain(call.to.as_ref().map(|to| (to, call.delta.saturating_neg())))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::facts::Tags;

    /// An account with 1000, and virtual users that are told what they send and
    /// what they are answered.
    struct Scene(Drift);

    impl Scene {
        fn new() -> Self {
            let mut drift = Drift::default();
            drift.apply(&Event::Began { initial: [("1".into(), 1000)].into() });
            Self(drift)
        }

        fn send(&mut self, process: u32, delta: Amount) {
            let call = Arc::new(call(delta));
            let time = Duration::ZERO;
            self.0.apply(&Event::Invoked(Invocation { process, call, time, attempt: None }));
        }

        fn answer(&mut self, process: u32, delta: Amount, outcome: Outcome, told: Option<Amount>) {
            self.0.apply(&Event::Operation(Operation {
                workload: 0,
                process,
                call: Arc::new(call(delta)),
                invoked: Duration::ZERO,
                completed: Duration::ZERO,
                late: Duration::ZERO,
                outcome,
                tags: Tags::default(),
                balance: told,
                to_balance: None,
                snapshot: None,
                status: Some(200),
                error: None,
            }));
        }

        fn off(&self) -> (u64, u64) {
            (self.0.missing(), self.0.surplus())
        }
    }

    fn call(delta: Amount) -> Call {
        match delta {
            ..0 => Call::withdraw("1".into(), -delta),
            _ => Call::deposit("1".into(), delta),
        }
    }

    #[test]
    fn answers_that_overtake_each_other_are_nothing_strange() {
        let mut scene = Scene::new();
        scene.send(1, 10);
        scene.send(2, 20);
        // The second one was committed last and is answered first.
        scene.answer(2, 20, Outcome::Ok, Some(1030));
        scene.answer(1, 10, Outcome::Ok, Some(1010));
        assert_eq!(scene.off(), (0, 0));
        let book = scene.0.get(&"1".into()).expect("a book");
        assert_eq!((book.expected(), book.told), (Some(1030), Some(1010)));
    }

    #[test]
    fn an_answer_that_forgot_what_was_acknowledged_is_off() {
        let mut scene = Scene::new();
        scene.send(1, 10);
        scene.answer(1, 10, Outcome::Ok, Some(1010));
        scene.send(2, 20);
        scene.answer(2, 20, Outcome::Ok, Some(1020));
        assert_eq!(scene.off(), (10, 0));
        // And no more so when a later one makes up for it.
        scene.send(1, 5);
        scene.answer(1, 5, Outcome::Ok, Some(1040));
        assert_eq!(scene.off(), (0, 5));
    }

    #[test]
    fn what_has_no_answer_may_count_or_not() {
        let mut scene = Scene::new();
        scene.send(1, -300);
        scene.answer(1, -300, Outcome::Unknown, None);
        for told in [1010, 710] {
            scene.send(2, 10);
            scene.answer(2, 10, Outcome::Ok, Some(told));
            assert_eq!(scene.off(), (0, 0), "{told}");
            scene.send(2, -10);
            scene.answer(2, -10, Outcome::Ok, None);
        }
        let book = scene.0.get(&"1".into()).expect("a book");
        assert_eq!(book.low_and_high(), Some((700, 1000)));
        scene.0.apply(&Event::Ended { balances: [("1".into(), 690)].into() });
        assert_eq!(scene.off(), (10, 0));
    }

    #[test]
    fn a_rejection_takes_nothing() {
        let mut scene = Scene::new();
        scene.send(1, -5000);
        scene.answer(1, -5000, Outcome::Rejected, None);
        let book = scene.0.get(&"1".into()).expect("a book");
        assert_eq!(book.low_and_high(), Some((1000, 1000)));
    }

    #[test]
    fn those_that_are_off_most_come_first() {
        let mut drift = Drift::default();
        let initial: BTreeMap<AccountId, Amount> = (1..=30).map(|id| (id.into(), 100)).collect();
        drift.apply(&Event::Began { initial: initial.clone() });
        let mut balances = initial;
        balances.insert(AccountId::from(17), 40);
        drift.apply(&Event::Ended { balances });
        let worst: Vec<&str> = drift.worst(3).iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(worst, ["17", "1", "2"]);
        assert_eq!((drift.missing(), drift.len()), (60, 30));
    }
}
