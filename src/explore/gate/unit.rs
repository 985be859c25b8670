use bytes::Bytes;

use super::memory::{Memory, Said};
use crate::explore::sql;
use crate::explore::wire::{Frame, Frontend, Named};

/// What a client sends before it waits: up to Query, Sync or Flush.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) frames: Vec<Bytes>,
    /// What is carried out in it.
    pub(super) said: Vec<Said>,
    /// What is to be described in it, in order.
    pub(super) describes: Vec<Named>,
    pub(super) end: End,
    pub(super) kind: sql::Kind,
}

/// What tells that a unit has been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// ReadyForQuery.
    Ready,
    /// The last of its statements: Flush asks for no more.
    Statements,
}

/// Puts together the messages of a client.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    frames: Vec<Bytes>,
    said: Vec<Said>,
    describes: Vec<Named>,
}

/// What a message is to those who pass it on.
#[derive(Debug)]
pub(super) enum Assembled {
    /// More is to come before it is complete.
    Part,
    Unit(Unit),
    /// Belongs to what is under way already: COPY's data, passwords.
    Pass(Bytes),
    /// The end of COPY's data.
    CopyEnd(Bytes),
    /// The client says goodbye.
    End(Bytes),
}

impl Assembly {
    pub(super) fn take(
        &mut self,
        memory: &mut Memory,
        frame: Frame,
        message: Frontend,
    ) -> Assembled {
        match message {
            Frontend::CopyData | Frontend::Other(_) => return Assembled::Pass(frame.bytes),
            Frontend::CopyEnd => return Assembled::CopyEnd(frame.bytes),
            Frontend::Terminate => return Assembled::End(frame.bytes),
            Frontend::Query(_)
            | Frontend::Parse { .. }
            | Frontend::Bind(_)
            | Frontend::Execute { .. }
            | Frontend::Describe(_)
            | Frontend::Close(_)
            | Frontend::Sync
            | Frontend::Flush
            | Frontend::FunctionCall => self.frames.push(frame.bytes),
        }
        let end = match message {
            Frontend::Query(sql) => {
                self.said.push(Said { sql: sql.into(), ..Said::default() });
                Some(End::Ready)
            }
            Frontend::FunctionCall => {
                self.said.push(Said { sql: "a function call".into(), ..Said::default() });
                Some(End::Ready)
            }
            Frontend::Sync => Some(End::Ready),
            Frontend::Flush => Some(End::Statements),
            Frontend::Parse { name, sql, types } => {
                memory.parse(name, &sql, types);
                None
            }
            Frontend::Bind(bind) => {
                memory.bind(bind);
                None
            }
            Frontend::Execute { portal } => {
                self.said.push(memory.portal(&portal));
                None
            }
            Frontend::Describe(named) => {
                self.describes.push(named);
                None
            }
            Frontend::Close(Named::Statement(name)) => {
                memory.close_statement(&name);
                None
            }
            Frontend::Close(Named::Portal(name)) => {
                memory.close_portal(&name);
                None
            }
            Frontend::CopyData | Frontend::CopyEnd | Frontend::Terminate | Frontend::Other(_) => {
                None
            }
        };
        match end {
            None => Assembled::Part,
            Some(end) => Assembled::Unit(self.unit(end)),
        }
    }

    fn unit(&mut self, end: End) -> Unit {
        let Self { frames, said, describes } = std::mem::take(self);
        let kind = said.iter().map(|said| sql::kind(&said.sql)).max();
        Unit { frames, said, describes, end, kind: kind.unwrap_or(sql::Kind::Local) }
    }
}

impl Unit {
    /// Its SQL without values.
    pub(super) fn name(&self) -> String {
        let names: Vec<String> = self.said.iter().map(|said| sql::name(&said.sql)).collect();
        if names.is_empty() { IMPLICIT_COMMIT.to_owned() } else { names.join("; ") }
    }

    /// Its SQL with values.
    pub(super) fn sql(&self) -> String {
        let texts: Vec<String> =
            self.said.iter().map(|said| sql::with_values(&said.sql, &said.values)).collect();
        if texts.is_empty() { IMPLICIT_COMMIT.to_owned() } else { texts.join("; ") }
    }

    /// Whether it asks for REPEATABLE READ or SERIALIZABLE.
    pub(super) fn asks_for_snapshots(&self) -> bool {
        let asks = |sql: &str| {
            let sql = sql.to_ascii_lowercase();
            sql.contains("serializable") || sql.contains("repeatable")
        };
        self.said.iter().any(|said| asks(&said.sql))
    }

    pub(super) fn takes_advisory_locks(&self) -> bool {
        let takes = |sql: &str| sql.to_ascii_lowercase().contains("advisory_lock");
        self.said.iter().any(|said| takes(&said.sql) && !said.sql.contains("xact"))
    }
}

/// A Sync that ends the transaction of statements sent before with Flush.
const IMPLICIT_COMMIT: &str = "COMMIT (implicit)";
