use std::collections::{BTreeMap, HashMap};

use super::book::Book;
use super::sent::{Mark, Sent};
use crate::facts::{Attempt, Event, Invocation, Operation, Resolution};
use crate::model::{AccountId, Amount, Call, MOST_LEGS, Outcome};

/// What each account should hold by what was acknowledged, and what the answers
/// say that it holds, as the run goes on.
///
/// An answer is held against what it can have seen: all that was acknowledged
/// before its operation was sent, and any of what was under way beside it. What
/// is off by that rule is off for certain, in a run that is alone on its accounts.
#[derive(Clone, Debug, Default)]
pub(super) struct Drift {
    books: HashMap<AccountId, Book>,
    /// What is under way, by virtual user.
    sent: HashMap<u32, Sent>,
    /// Tries that were never answered, by their operation: another one, or a later
    /// question, may tell what became of it. As in the verdict, it counts once.
    in_doubt: HashMap<u64, Vec<Mark>>,
    missing: u64,
    surplus: u64,
}

impl Drift {
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Began { initial } => self.begin(initial),
            Event::Invoked(invocation) | Event::LegInvoked(invocation) => self.invoke(invocation),
            Event::Operation(operation) | Event::Leg(operation) => self.complete(operation),
            Event::Resolved(resolution) => self.resolve(resolution),
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
        let worst_first = |(a, one): &(&AccountId, &Book), (b, other): &(&AccountId, &Book)| {
            other.off.unsigned_abs().cmp(&one.off.unsigned_abs()).then_with(|| a.cmp(b))
        };
        if books.len() > most {
            books.select_nth_unstable_by(most, worst_first);
            books.truncate(most);
        }
        books.sort_unstable_by(worst_first);
        books
    }

    fn begin(&mut self, initial: &BTreeMap<AccountId, Amount>) {
        for (account, amount) in initial {
            let book = Book { initial: Some(*amount), told: Some(*amount), ..Book::default() };
            self.books.insert(account.clone(), book);
        }
    }

    fn invoke(&mut self, invocation: &Invocation) {
        let operation = invocation.attempt.map(|attempt| attempt.operation);
        let doubted = operation.and_then(|operation| self.in_doubt.remove(&operation));
        let in_doubt = doubted.is_some();
        let call = Some(&invocation.call).filter(|call| !call.is_open());
        let marks = doubted.unwrap_or_else(|| call.map(|call| self.mark(call)).unwrap_or_default());
        self.sent.insert(invocation.process, Sent { operation, in_doubt, marks });
    }

    fn mark(&mut self, call: &Call) -> Vec<Mark> {
        let mut marks = Vec::new();
        for (account, delta) in call.kind.legs() {
            let book = self.books.entry(account.clone()).or_default();
            marks.push(Mark {
                account: account.clone(),
                delta,
                acknowledged: book.acknowledged,
                under_way: book.open(),
                asked: book.asked,
            });
            book.asked.add(delta);
        }
        marks
    }

    fn complete(&mut self, operation: &Operation) {
        let sent = self.sent.remove(&operation.process).unwrap_or_default();
        match operation.outcome {
            // What it asks for is known only now.
            Outcome::Ok if sent.marks.is_empty() => {
                let marks = self.mark(&operation.call);
                self.settle(&marks, true);
            }
            Outcome::Ok => {
                self.settle(&sent.marks, true);
                let told = [operation.balance, operation.to_balance];
                for (mark, told) in sent.marks.iter().zip(told) {
                    self.tell(mark, told);
                }
            }
            // It is about its own moment only, not about the tries before it.
            Outcome::Rejected | Outcome::Failed if !sent.in_doubt => {
                self.settle(&sent.marks, false);
            }
            _ => {
                let doubted = sent.operation.map(|operation| (operation, sent.marks));
                self.in_doubt.extend(doubted);
            }
        }
    }

    /// It turned out to have taken effect.
    fn resolve(&mut self, resolution: &Resolution) {
        let first = Attempt { operation: resolution.operation, keyed: true };
        for leg in 0..=MOST_LEGS {
            let operation = first.of_leg(leg).operation;
            if let Some(marks) = self.in_doubt.remove(&operation) {
                self.settle(&marks, true);
            }
        }
    }

    /// It is over, and took effect or did not.
    fn settle(&mut self, marks: &[Mark], took_effect: bool) {
        for mark in marks {
            let Some(book) = self.books.get_mut(&mark.account) else { continue };
            book.over.add(mark.delta);
            if took_effect {
                book.acknowledged = book.acknowledged.saturating_add(mark.delta);
            }
        }
    }

    /// Holds a balance in the answer to an operation against what it can have seen.
    fn tell(&mut self, mark: &Mark, told: Option<Amount>) {
        let (Some(told), Some(book)) = (told, self.books.get(&mark.account)) else { return };
        let mut beside = book.asked.without(mark.asked);
        beside.take(mark.delta);
        let certain = mark.acknowledged.saturating_add(mark.delta);
        let off = book.off_by(told, certain, beside.with(mark.under_way));
        self.now(&mark.account, told, off);
    }

    /// All is quiet: only what has no answer is uncertain.
    fn end(&mut self, balances: &BTreeMap<AccountId, Amount>) {
        for (account, told) in balances {
            let book = self.books.entry(account.clone()).or_default();
            let off = book.off_by(*told, book.acknowledged, book.open());
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

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
            self.attempt(process, delta, None);
        }

        fn try_once(&mut self, process: u32, delta: Amount, operation: u64, keyed: bool) {
            self.attempt(process, delta, Some(Attempt { operation, keyed }));
        }

        fn attempt(&mut self, process: u32, delta: Amount, attempt: Option<Attempt>) {
            let call = Arc::new(call(delta));
            let time = Duration::ZERO;
            self.0.apply(&Event::Invoked(Invocation {
                process,
                call,
                time,
                attempt,
                read_at: None,
            }));
        }

        fn answer(&mut self, process: u32, delta: Amount, outcome: Outcome, told: Option<Amount>) {
            self.0.apply(&Event::Operation(Operation {
                process,
                outcome,
                balance: told,
                ..Operation::done(call(delta))
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
    fn an_answer_may_be_as_old_as_the_first_try() {
        let mut scene = Scene::new();
        scene.try_once(1, 10, 7, true);
        // It was committed, and the answer was lost.
        scene.answer(1, 10, Outcome::Unknown, None);
        scene.send(2, 20);
        scene.answer(2, 20, Outcome::Ok, Some(1030));
        scene.try_once(1, 10, 7, true);
        scene.answer(1, 10, Outcome::Ok, Some(1010));
        assert_eq!(scene.off(), (0, 0));
        // It counts once, and nothing of it is open any more.
        let book = scene.0.get(&"1".into()).expect("a book");
        assert_eq!(book.low_and_high(), Some((1030, 1030)));
        assert!(scene.0.in_doubt.is_empty());
    }

    #[test]
    fn what_was_done_twice_is_too_much() {
        let mut scene = Scene::new();
        scene.try_once(1, 10, 7, false);
        scene.answer(1, 10, Outcome::Unknown, None);
        scene.try_once(1, 10, 7, false);
        scene.answer(1, 10, Outcome::Ok, Some(1020));
        assert_eq!(scene.off(), (0, 10));
    }

    #[test]
    fn a_refusal_speaks_for_no_earlier_try_and_a_later_question_does() {
        let mut scene = Scene::new();
        scene.try_once(1, 10, 7, true);
        scene.answer(1, 10, Outcome::Unknown, None);
        scene.try_once(1, 10, 7, true);
        scene.answer(1, 10, Outcome::Failed, None);
        let reach = |scene: &Scene| scene.0.get(&"1".into()).and_then(Book::low_and_high);
        assert_eq!(reach(&scene), Some((1000, 1010)));
        let (time, balance) = (Duration::ZERO, Some(1010));
        let resolution = Resolution { operation: 7, time, balance, to_balance: None };
        scene.0.apply(&Event::Resolved(resolution.clone()));
        scene.0.apply(&Event::Resolved(resolution));
        assert_eq!(reach(&scene), Some((1010, 1010)));
        scene.0.apply(&Event::Ended { balances: [("1".into(), 1000)].into() });
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
