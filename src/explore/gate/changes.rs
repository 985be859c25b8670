use std::collections::BTreeSet;

use super::connection::ConnectionId;
use crate::explore::sql::{self, IsolationScope};
use crate::explore::wire::{Frame, Frontend};

/// A statement that was passed on, and its transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    pub connection: ConnectionId,
    /// Counts the transactions of the connection; a statement outside of one is one by
    /// itself.
    pub transaction: u64,
    pub sql: String,
}

/// Queries that get FOR UPDATE on their way to the database, by their names.
///
/// A statement has it wherever the service sends it: it may be prepared once for
/// several places.
#[derive(Clone, Debug, Default)]
pub(super) struct Locked(BTreeSet<String>);

impl Locked {
    pub(super) fn new(names: BTreeSet<String>) -> Self {
        Self(names)
    }

    /// The message as it goes on.
    pub(super) fn apply(&self, frame: Frame) -> Frame {
        if self.0.is_empty() {
            return frame;
        }
        let with_lock = |sql: &str| {
            let is_one = self.0.contains(&sql::name(sql));
            is_one.then(|| sql::with_for_update(sql).ok()).flatten()
        };
        Frontend::with_sql(&frame, with_lock).unwrap_or(frame)
    }
}

/// What is noted of the statements that pass.
#[derive(Debug, Default)]
pub struct Notes {
    isolation_asked: BTreeSet<String>,
    /// As long as it is to be known.
    passed: Option<Vec<Passed>>,
}

impl Notes {
    /// `of_request`: while a request runs, and not by something else.
    pub(super) fn hear(&mut self, passed: Passed, of_request: bool) {
        let matters = match sql::sets_isolation(&passed.sql) {
            Some(IsolationScope::Session) => true,
            // That of one transaction matters only in requests.
            Some(IsolationScope::Transaction) => of_request,
            None => false,
        };
        if matters {
            self.isolation_asked.insert(sql::name(&passed.sql));
        }
        if let Some(all) = self.passed.as_mut().filter(|_| of_request) {
            all.push(passed);
        }
    }

    /// Statements that set the isolation level: of requests, or for a connection.
    pub fn isolation_asked(&self) -> &BTreeSet<String> {
        &self.isolation_asked
    }

    /// From now on all that requests send is kept.
    pub fn keep_passed(&mut self) {
        self.passed = Some(Vec::new());
    }

    /// What was kept since then; nothing more is.
    pub fn take_passed(&mut self) -> Vec<Passed> {
        self.passed.take().unwrap_or_default()
    }
}
