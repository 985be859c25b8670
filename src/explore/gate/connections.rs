use std::collections::{BTreeMap, BTreeSet, HashSet};

use bytes::Bytes;

use super::changes::{Locked, Notes, Passed};
use super::connection::{Connection, ConnectionId};
use super::unit::{Assembled, Unit};
use crate::explore::sql;
use crate::explore::step::Answered;
use crate::explore::wire::{Backend, Frame, Frontend, WireError};

/// Stands for a step on its way; chosen by whoever lets it through.
pub type Token = usize;

/// Who may say something to the service, and have it say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Everybody: all passes, nothing is a step.
    Open,
    /// Nobody: a choice is about to be made.
    Nobody,
    /// One request alone runs inside the service.
    Of(usize),
}

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    ToServer(ConnectionId, Bytes),
    ToClient(ConnectionId, Bytes),
    Close(ConnectionId),
}

/// A step that waits to be let through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    pub request: usize,
    /// Its SQL without values.
    pub name: String,
    pub connection: ConnectionId,
}

/// What the steps of a request were after this one when it ran alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    pub request: usize,
    pub names: Vec<String>,
}

/// All connections of a service.
#[derive(Debug)]
pub struct Gate {
    connections: BTreeMap<ConnectionId, Connection>,
    turn: Turn,
    outputs: Vec<Output>,
    done: Vec<(Token, Vec<Answered>)>,
    /// Statements that come without a request, and always pass.
    background: HashSet<String>,
    /// Requests that wait inside the service.
    sleepers: Vec<Expected>,
    /// What the running one is expected to say.
    running: Vec<String>,
    ambiguous: u64,
    /// The names of steps that passed because they are nobody's.
    unowned: Vec<String>,
    /// Transactions may see one moment throughout.
    sees_snapshots: bool,
    pub(in crate::explore) notes: Notes,
    locked: Locked,
    /// Grows with whatever is heard: a sign of life.
    heard: u64,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            connections: BTreeMap::new(),
            turn: Turn::Open,
            outputs: Vec::new(),
            done: Vec::new(),
            background: HashSet::new(),
            sleepers: Vec::new(),
            running: Vec::new(),
            ambiguous: 0,
            unowned: Vec::new(),
            sees_snapshots: false,
            notes: Notes::default(),
            locked: Locked::default(),
            heard: 0,
        }
    }
}

impl Gate {
    pub fn open(&mut self, id: ConnectionId) {
        self.connections.insert(id, Connection::new());
    }

    pub fn close(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
        self.heard += 1;
    }

    /// A message of the service.
    pub fn from_client(&mut self, id: ConnectionId, frame: Frame) -> Result<(), WireError> {
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        self.heard += 1;
        if !connection.is_ready() {
            self.outputs.push(Output::ToServer(id, frame.bytes));
            return Ok(());
        }
        let frame = self.locked.apply(frame);
        let message = Frontend::read(&frame)?;
        if message == Frontend::Sync && connection.absorbs_sync() {
            self.outputs.push(Output::ToServer(id, frame.bytes));
            return Ok(());
        }
        match connection.assembly.take(&mut connection.memory, frame, message) {
            Assembled::Part => {}
            Assembled::Unit(unit) => {
                connection.queue.push_back(unit);
                self.pump(id);
            }
            Assembled::Pass(bytes) | Assembled::End(bytes) => {
                self.outputs.push(Output::ToServer(id, bytes));
            }
            Assembled::CopyEnd(bytes) => {
                connection.copy_ends();
                self.outputs.push(Output::ToServer(id, bytes));
            }
        }
        Ok(())
    }

    /// A message of the database.
    pub fn from_server(&mut self, id: ConnectionId, frame: Frame) -> Result<(), WireError> {
        let message = Backend::read(&frame)?;
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        self.heard += 1;
        let done = connection.hears(message);
        connection.kept.push(frame.bytes);
        let passes = match (self.turn, connection.owner) {
            (Turn::Open, _) | (_, None) => true,
            (Turn::Of(running), Some(owner)) => running == owner,
            (Turn::Nobody, Some(_)) => false,
        };
        if passes {
            self.deliver(id);
        }
        if let Some(done) = done {
            self.done.extend(done.token.map(|token| (token, done.answered)));
            // What comes next may be a step only now: its transaction has failed.
            self.pump(id);
        }
        Ok(())
    }

    /// What is to be written, in order, since it was asked last.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    /// Steps that have been answered since it was asked last.
    pub fn take_done(&mut self) -> Vec<(Token, Vec<Answered>)> {
        std::mem::take(&mut self.done)
    }

    /// Whose turn it is; answers that were held back for it go on.
    pub fn turn(&mut self, turn: Turn) {
        self.turn = turn;
        let ids: Vec<ConnectionId> = self.connections.keys().copied().collect();
        for id in ids {
            let owner = self.connections.get(&id).and_then(|connection| connection.owner);
            let passes = match turn {
                Turn::Open => true,
                Turn::Of(request) => owner == Some(request),
                Turn::Nobody => false,
            };
            if passes {
                self.deliver(id);
            }
            if turn == Turn::Open {
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.owner = None;
                    connection.holds = false;
                }
                self.pump(id);
            }
        }
    }

    /// What the running request and the sleeping ones are expected to say, as
    /// far as it is known.
    pub fn expect(&mut self, running: Vec<String>, sleepers: Vec<Expected>) {
        (self.running, self.sleepers) = (running, sleepers);
    }

    /// These are nobody's, and always pass. How a transaction ends says nothing of
    /// whose it is.
    pub fn pass_always(&mut self, names: impl IntoIterator<Item = String>) {
        let names = names.into_iter().filter(|name| sql::kind(name) == sql::Kind::Step);
        self.background.extend(names);
    }

    /// The steps that wait, by request.
    pub fn held(&self) -> Vec<Held> {
        let held = |(id, connection): (&ConnectionId, &Connection)| {
            let unit = connection.queue.front().filter(|_| connection.holds)?;
            Some(Held { request: connection.owner?, name: unit.name(), connection: *id })
        };
        let mut held: Vec<Held> = self.connections.iter().filter_map(held).collect();
        held.sort();
        held
    }

    /// Lets a step through. Returns its SQL with values.
    pub fn release(&mut self, id: ConnectionId, token: Token) -> Option<String> {
        let connection = self.connections.get_mut(&id)?;
        if !std::mem::take(&mut connection.holds) {
            return None;
        }
        let unit = connection.queue.pop_front()?;
        let sql = unit.sql();
        self.pass(id, &unit, Some(token), true);
        self.pump(id);
        Some(sql)
    }

    /// Whether anything of a request is on its way to the database or back.
    pub fn is_under_way(&self, request: usize) -> bool {
        self.of(request).any(|connection| !connection.flight.is_empty())
    }

    /// Whether answers to a request are held back, and all of them are there.
    pub fn has_answers(&self, request: usize) -> bool {
        !self.is_under_way(request) && self.of(request).any(|it| !it.kept.is_empty())
    }

    /// The processes that serve what a request has under way.
    pub fn pids_under_way(&self, request: usize) -> Vec<i32> {
        let busy = self.of(request).filter(|connection| !connection.flight.is_empty());
        busy.filter_map(|connection| connection.pid).collect()
    }

    /// Whether a request has a transaction open.
    pub fn is_in_transaction(&self, request: usize) -> bool {
        self.of(request).any(Connection::is_in_transaction)
    }

    /// Whether a connection has a transaction open.
    pub fn has_transaction(&self, id: ConnectionId) -> bool {
        self.connections.get(&id).is_some_and(Connection::is_in_transaction)
    }

    /// The process that serves a connection.
    pub fn pid(&self, id: ConnectionId) -> Option<i32> {
        self.connections.get(&id)?.pid
    }

    /// The SQL, with values, of the step that a connection waits with.
    pub fn held_sql(&self, id: ConnectionId) -> Option<String> {
        let connection = self.connections.get(&id).filter(|connection| connection.holds)?;
        Some(connection.queue.front()?.sql())
    }

    /// Whether transactions may be above READ COMMITTED: by default, or because a
    /// statement so far has asked for it.
    pub fn sees_snapshots(&self) -> bool {
        self.sees_snapshots
    }

    /// Transactions are above READ COMMITTED by default.
    pub fn raise_isolation(&mut self) {
        self.sees_snapshots = true;
    }

    /// From now on queries of these names are passed on with FOR UPDATE. What a
    /// connection has prepared before stays as it is.
    pub fn lock(&mut self, names: BTreeSet<String>) {
        self.locked = Locked::new(names);
    }

    /// Whether this process serves the service and is not at work itself.
    pub fn is_at_rest(&self, pid: i32) -> bool {
        self.connections.values().any(|it| it.pid == Some(pid) && it.flight.is_empty())
    }

    /// The processes that serve the service.
    pub fn pids(&self) -> Vec<i32> {
        self.connections.values().filter_map(|connection| connection.pid).collect()
    }

    /// Whether nothing is going on at all.
    pub fn is_quiet(&self) -> bool {
        self.connections.values().all(|connection| !connection.is_ready() || connection.is_idle())
    }

    /// Ends all connections, whatever they are in.
    pub fn close_all(&mut self) {
        let ids = self.connections.keys().copied();
        self.outputs.extend(ids.map(Output::Close));
        self.connections.clear();
    }

    /// Statements of which it was not certain whose they are.
    pub fn ambiguous(&self) -> u64 {
        self.ambiguous
    }

    /// Steps that passed because they are nobody's, since it was asked last.
    pub fn take_unowned(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unowned)
    }

    pub fn heard(&self) -> u64 {
        self.heard
    }

    fn of(&self, request: usize) -> impl Iterator<Item = &Connection> {
        self.connections.values().filter(move |connection| connection.owner == Some(request))
    }

    /// Passes on what needs no place in the order; stops at a step.
    fn pump(&mut self, id: ConnectionId) {
        loop {
            let Some(connection) = self.connections.get(&id) else { return };
            // A client may be told of an error and go on before the database is ready.
            let waits = connection.holds || connection.is_failing();
            let Some(unit) = connection.queue.front().filter(|_| !waits) else { return };
            let is_step = self.turn != Turn::Open && connection.is_step(unit, self.sees_snapshots);
            if is_step {
                let name = unit.name();
                let busy = connection.is_in_transaction() || !connection.flight.is_empty();
                let goes_on = busy && connection.is_nobodys;
                // What a request says in its transaction is its own, whoever says the same.
                let owned = busy && connection.owner.is_some();
                let passes = goes_on || (!owned && self.background.contains(&name));
                if !passes && let Some(owner) = self.owner(id, &name) {
                    if let Some(connection) = self.connections.get_mut(&id) {
                        connection.owner = Some(owner);
                        connection.holds = true;
                    }
                    return;
                }
                self.unowned.push(name);
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.is_nobodys = true;
                }
            }
            let connection = self.connections.get_mut(&id);
            if let Some(unit) = connection.and_then(|connection| connection.queue.pop_front()) {
                self.pass(id, &unit, None, is_step);
            }
        }
    }

    fn pass(&mut self, id: ConnectionId, unit: &Unit, token: Option<Token>, is_step: bool) {
        if let Some(connection) = self.connections.get_mut(&id) {
            let (transaction, is_nobodys) = (connection.transaction, connection.is_nobodys);
            connection.passes(unit, token, is_step);
            self.sees_snapshots |= unit.asks_for_snapshots();
            let of_request = matches!(self.turn, Turn::Of(_)) && !is_nobodys;
            for said in &unit.said {
                let sql = said.sql.to_string();
                self.notes.hear(Passed { connection: id, transaction, sql }, of_request);
            }
            let frames = unit.frames.iter().cloned();
            self.outputs.extend(frames.map(|bytes| Output::ToServer(id, bytes)));
        }
    }

    /// Whose a statement is. `None`: nobody's.
    fn owner(&mut self, id: ConnectionId, name: &str) -> Option<usize> {
        let connection = self.connections.get(&id)?;
        let is_busy = connection.is_in_transaction() || !connection.flight.is_empty();
        if let Some(owner) = connection.owner.filter(|_| is_busy) {
            return Some(owner);
        }
        let says = |names: &[String]| names.iter().any(|expected| expected == name);
        let sleeping: Vec<usize> = self
            .sleepers
            .iter()
            .filter(|sleeper| says(&sleeper.names))
            .map(|sleeper| sleeper.request)
            .collect();
        let running = match self.turn {
            Turn::Of(request) => Some(request),
            Turn::Open | Turn::Nobody => None,
        };
        match (running, &sleeping[..]) {
            (Some(request), []) => Some(request),
            (Some(_), [sleeper]) if !says(&self.running) => Some(*sleeper),
            (None, [sleeper]) => Some(*sleeper),
            (None, []) if self.sleepers.is_empty() => None,
            (_, candidates) => {
                self.ambiguous += 1;
                running
                    .or(candidates.first().copied())
                    .or(self.sleepers.first().map(|it| it.request))
            }
        }
    }

    /// Passes on the answers that were kept.
    fn deliver(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let kept = std::mem::take(&mut connection.kept);
        if connection.is_idle() {
            connection.owner = None;
        }
        self.outputs.extend(kept.into_iter().map(|bytes| Output::ToClient(id, bytes)));
    }
}
