//! What one look over the history tells, before anything is put in order.

use super::balances::Books;
use super::checker::Outline;
use super::subject::Subject;
use crate::facts::{Entry, History};
use crate::model::{Amount, Outcome};

/// How one account goes about taking what is not there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    /// The lowest balance in any answer.
    pub(super) lowest: Option<Amount>,
    /// How often it was refused to take from it.
    pub(super) refusals: u64,
}

impl Limits {
    pub(super) fn see(&mut self, balance: Amount) {
        self.lowest = Some(self.lowest.map_or(balance, |lowest| lowest.min(balance)));
    }
}

#[derive(Debug)]
pub(super) struct Survey {
    pub(super) outline: Outline,
    pub(super) books: Books,
    /// Of each account of the history, in its order.
    pub(super) limits: Vec<Limits>,
    /// Acknowledged operations on accounts whose start is not known.
    pub(super) beyond: u64,
}

impl Survey {
    pub(super) fn of(subject: &Subject<'_>, history: &History) -> Self {
        let outline = Outline::new(subject.accounts.len());
        let with_attempts = history.has_attempts();
        let books = match with_attempts {
            true => Books::of_attempts(history),
            false => Books::new(history.accounts().len()),
        };
        let limits = vec![Limits::default(); history.accounts().len()];
        let mut survey = Self { outline, books, limits, beyond: 0 };
        for entry in history.entries() {
            if !with_attempts {
                survey.books.see(&entry);
            }
            survey.limit(&entry);
            let beyond = entry.kind.legs().any(|(account, _)| !subject.knows(*account));
            survey.beyond += u64::from(beyond && entry.outcome == Outcome::Ok);
            if let Some(op) = subject.op(&entry) {
                survey.outline.see(&op);
            }
        }
        for balances in history.snapshots() {
            for (account, balance) in balances {
                survey.limits[*account as usize].see(*balance);
            }
        }
        survey
    }

    fn limit(&mut self, entry: &Entry) {
        let told = [(entry.kind.account(), entry.balance), (entry.kind.to(), entry.to_balance)];
        for (account, balance) in told {
            if let (Some(account), Some(balance)) = (account, balance) {
                self.limits[*account as usize].see(balance);
            }
        }
        if let Some(account) = entry.kind.account()
            && entry.outcome == Outcome::Rejected
            && entry.kind.delta() < 0
        {
            self.limits[*account as usize].refusals += 1;
        }
    }
}
