use std::collections::VecDeque;

use bytes::Bytes;

use super::connections::Token;
use super::memory::{Memory, Said};
use super::unit::{Assembly, End, Unit};
use crate::explore::sql::Kind;
use crate::explore::step::{Answered, ROWS_KEPT, SqlError};
use crate::explore::wire::{Backend, Column, Named, TransactionStatus, Value};

/// Counts the connections of a service, from its first.
pub type ConnectionId = u64;

/// One connection of the service, and what it has under way.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) memory: Memory,
    pub(super) assembly: Assembly,
    /// What has not been passed on yet, in order.
    pub(super) queue: VecDeque<Unit>,
    /// Whether the first in the queue is a step that waits to be let through.
    pub(super) holds: bool,
    /// What has been passed on and is not answered yet, in order.
    pub(super) flight: VecDeque<Flight>,
    pub(super) owner: Option<usize>,
    /// Answers that are held back.
    pub(super) kept: Vec<Bytes>,
    pub(super) pid: Option<i32>,
    status: TransactionStatus,
    /// How many transactions have ended.
    pub(super) transaction: u64,
    /// Logged in: what comes now are statements.
    ready: bool,
    /// The transaction under way is part of no request.
    pub(super) is_nobodys: bool,
    /// The transaction has done something.
    said: bool,
    /// Statements were sent with Flush and not concluded by Sync.
    unsynced: bool,
    /// It may hold locks that outlast its transactions.
    took_advisory: bool,
    describing: VecDeque<Named>,
    copying: Copying,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copying {
    No,
    /// Data is awaited.
    Data,
    /// The next Sync belongs to the COPY: the one before was ignored.
    Sync,
}

/// A unit on its way to the server and back.
#[derive(Debug)]
pub(super) struct Flight {
    /// Of a step.
    pub(super) token: Option<Token>,
    end: End,
    is_query: bool,
    said: VecDeque<Said>,
    current: Answered,
    columns: Option<Vec<Column>>,
    answered: Vec<Answered>,
}

/// What is over now.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) token: Option<Token>,
    pub(super) answered: Vec<Answered>,
}

impl Connection {
    pub(super) fn new() -> Self {
        Self {
            memory: Memory::default(),
            assembly: Assembly::default(),
            queue: VecDeque::new(),
            holds: false,
            flight: VecDeque::new(),
            owner: None,
            kept: Vec::new(),
            pid: None,
            status: TransactionStatus::Idle,
            transaction: 0,
            ready: false,
            is_nobodys: false,
            said: false,
            unsynced: false,
            took_advisory: false,
            describing: VecDeque::new(),
            copying: Copying::No,
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.ready
    }

    /// Neither in a transaction nor in the middle of anything.
    pub(super) fn is_idle(&self) -> bool {
        self.status == TransactionStatus::Idle
            && self.flight.is_empty()
            && self.queue.is_empty()
            && self.kept.is_empty()
            && !self.unsynced
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        self.status != TransactionStatus::Idle || self.unsynced
    }

    /// Whether a statement has failed of which the end is still to come: only then
    /// is it known whether the transaction has failed with it.
    pub(super) fn is_failing(&self) -> bool {
        self.flight.front().is_some_and(Flight::has_failed)
    }

    /// Whether a unit needs a place in the order. `sees_snapshots`: transactions may be
    /// above READ COMMITTED.
    pub(super) fn is_step(&self, unit: &Unit, sees_snapshots: bool) -> bool {
        if self.status == TransactionStatus::Failed && self.flight.is_empty() {
            // Its locks are gone, and all it can do is end.
            return false;
        }
        if unit.said.is_empty() {
            let commits = unit.end == End::Ready && self.status == TransactionStatus::Idle;
            return self.unsynced && commits;
        }
        match unit.kind {
            Kind::Local => false,
            Kind::Constant => sees_snapshots && !self.said && self.is_in_transaction_with(unit),
            Kind::Unlock => self.took_advisory,
            Kind::End => self.said,
            Kind::Step => true,
        }
    }

    /// Whether a unit is carried out in a transaction that was begun before, or by
    /// itself.
    fn is_in_transaction_with(&self, unit: &Unit) -> bool {
        let under_way = self.flight.iter().flat_map(|flight| &flight.said);
        self.is_in_transaction() || under_way.chain(&unit.said).any(Said::begins)
    }

    /// Whether a message of the client belongs to a COPY that is under way.
    pub(super) fn absorbs_sync(&mut self) -> bool {
        let absorbs = self.copying == Copying::Sync;
        if absorbs {
            self.copying = Copying::No;
        }
        absorbs
    }

    pub(super) fn copy_ends(&mut self) {
        if self.copying == Copying::Data {
            let extended = self.flight.front().is_some_and(|flight| !flight.is_query);
            self.copying = if extended { Copying::Sync } else { Copying::No };
        }
    }

    /// It is on its way to the server from now on.
    pub(super) fn passes(&mut self, unit: &Unit, token: Option<Token>, is_step: bool) {
        self.said |= is_step;
        self.took_advisory |= unit.takes_advisory_locks();
        self.describing.extend(unit.describes.iter().cloned());
        let syncs = unit.end == End::Ready;
        self.unsynced = !syncs && (self.unsynced || !unit.said.is_empty());
        // A Flush that carries nothing out has no end that could be awaited.
        if syncs || !unit.said.is_empty() {
            let is_query = unit.frames.first().is_some_and(|frame| frame.first() == Some(&b'Q'));
            self.flight.push_back(Flight {
                token,
                end: unit.end,
                is_query,
                said: unit.said.iter().cloned().collect(),
                current: Answered::default(),
                columns: None,
                answered: Vec::new(),
            });
        }
    }

    /// What the server has said. Returns what is over by that.
    pub(super) fn hears(&mut self, message: Backend) -> Option<Done> {
        match message {
            Backend::KeyData { pid } => self.pid = Some(pid),
            Backend::CopyIn => self.copying = Copying::Data,
            Backend::Parameters(types) => {
                if let Some(Named::Statement(name)) = self.describing.front() {
                    self.memory.learn_types(name, types);
                }
            }
            Backend::Columns(columns) => match self.describing.pop_front() {
                Some(Named::Statement(name)) => self.memory.learn_columns(&name, &columns),
                Some(Named::Portal(_)) | None => {
                    if let Some(flight) = self.flight.front_mut() {
                        flight.columns = Some(columns);
                    }
                }
            },
            Backend::NoData => drop(self.describing.pop_front()),
            Backend::Row(row) => {
                if let Some(flight) = self.flight.front_mut() {
                    flight.row(&row);
                }
            }
            Backend::CommandComplete(tag) => return self.statement_ends(Some(tag), None),
            Backend::EmptyQuery | Backend::PortalSuspended => {
                return self.statement_ends(Some(String::new()), None);
            }
            Backend::Error { code, message } => {
                // Data is skipped up to the next Sync, which ends the COPY as well.
                self.copy_ends();
                return self.statement_ends(None, Some(SqlError { code, message }));
            }
            Backend::ReadyForQuery(status) => return self.becomes_ready(status),
            Backend::Aside | Backend::Other(_) => {}
        }
        None
    }

    fn statement_ends(&mut self, tag: Option<String>, error: Option<SqlError>) -> Option<Done> {
        let flight = self.flight.front_mut()?;
        let failed = error.is_some();
        flight.statement_ends(tag, error);
        // What was sent with Flush has no other end.
        let over = flight.end == End::Statements && (failed || flight.said.is_empty());
        over.then(|| self.flight.pop_front()).flatten().map(Flight::done)
    }

    fn becomes_ready(&mut self, status: TransactionStatus) -> Option<Done> {
        self.status = status;
        self.transaction += u64::from(status == TransactionStatus::Idle);
        self.copying = Copying::No;
        if !self.ready {
            self.ready = true;
            return None;
        }
        // Those sent with Flush that the server skipped after an error.
        while self.flight.front().is_some_and(|flight| flight.end == End::Statements) {
            self.flight.pop_front();
        }
        let done = self.flight.pop_front().map(Flight::done);
        if self.flight.is_empty() {
            self.describing.clear();
            self.said &= status != TransactionStatus::Idle;
            self.is_nobodys &= status != TransactionStatus::Idle;
        }
        done
    }
}

impl Flight {
    fn has_failed(&self) -> bool {
        self.answered.iter().any(|answered| answered.error.is_some())
    }

    fn row(&mut self, row: &[Option<Vec<u8>>]) {
        self.current.row_count += 1;
        if self.current.rows.len() == ROWS_KEPT {
            return;
        }
        let columns = self.columns();
        let value = |(index, value): (usize, &Option<Vec<u8>>)| {
            let (kind, format) =
                columns.get(index).map_or((0, 0), |column| (column.kind, column.format));
            Value::read(kind, format, value.as_deref()).to_string()
        };
        let row = row.iter().enumerate().map(value).collect();
        self.current.columns = columns.iter().map(|column| column.name.clone()).collect();
        self.current.rows.push(row);
    }

    fn columns(&self) -> Vec<Column> {
        match (&self.columns, self.said.front()) {
            (Some(columns), _) => columns.clone(),
            (None, Some(said)) => said.columns.clone(),
            (None, None) => Vec::new(),
        }
    }

    fn statement_ends(&mut self, tag: Option<String>, error: Option<SqlError>) {
        // A simple query may hold several statements, which are counted here.
        if !self.is_query || self.said.len() > 1 {
            self.said.pop_front();
        }
        self.columns = None;
        let answered = std::mem::take(&mut self.current);
        self.answered.push(Answered { tag, error, ..answered });
    }

    fn done(self) -> Done {
        Done { token: self.token, answered: self.answered }
    }
}
