//! What one look over the history tells, before anything is put in order.

use super::balances::Books;
use super::checker::Outline;
use super::subject::Subject;
use crate::facts::History;
use crate::model::{Amount, Outcome};

#[derive(Debug)]
pub(super) struct Survey {
    pub(super) outline: Outline,
    pub(super) books: Books,
    /// A service that refused for lack of funds once means to do so always.
    pub(super) refuses: bool,
    /// The lowest balance below zero in any answer, and the account that had it:
    /// a position in [`History::accounts`].
    pub(super) lowest: Option<(u32, Amount)>,
}

impl Survey {
    pub(super) fn of(subject: &Subject<'_>, history: &History) -> Self {
        let outline = Outline::new(subject.accounts.len());
        let with_attempts = history.has_attempts();
        let books = match with_attempts {
            true => Books::of_attempts(history),
            false => Books::new(history.accounts().len()),
        };
        let mut survey = Self { outline, books, refuses: false, lowest: None };
        for entry in history.entries() {
            if !with_attempts {
                survey.books.see(&entry);
            }
            survey.refuses |= entry.outcome == Outcome::Rejected;
            if let (Some(account), Some(balance)) = (entry.kind.account(), entry.balance)
                && balance < survey.lowest.map_or(0, |(_, lowest)| lowest)
            {
                survey.lowest = Some((*account, balance));
            }
            if let Some(op) = subject.op(&entry) {
                survey.outline.see(&op);
            }
        }
        survey
    }
}
