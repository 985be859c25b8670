//! A look into the database of the target, beside a run. Whatever becomes of it,
//! the run goes on.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio_postgres::Config;

use crate::engine::Stop;
use crate::facts::Event;
use crate::observer::{Looking, Observer, ObserverError};
use crate::report::RunResult;

#[derive(Debug)]
pub(super) enum Observation {
    /// There is no database to look into, or none that is known.
    None,
    Ready(Box<Observer>),
    Looking(Looking),
    /// It could not begin, or had to end.
    Failed(ObserverError),
}

impl Observation {
    /// Of the PostgreSQL that is known, if one is.
    pub(super) async fn of(config: Option<&Config>, stop: &Stop) -> Self {
        let Some(config) = config else { return Self::None };
        let connected = tokio::select! {
            connected = Observer::connect(config) => connected,
            // The run does not begin either.
            () = stop.halted() => return Self::None,
        };
        Self::ready(connected)
    }

    /// Hands it the run to tell. Returns what is to be notified when the time of
    /// the run begins to count.
    pub(super) fn begin(&mut self, events: UnboundedSender<Event>) -> Option<Arc<Notify>> {
        match std::mem::replace(self, Self::None) {
            Self::Ready(observer) => {
                let looking = Looking::start(*observer, events);
                let began = looking.began();
                *self = Self::Looking(looking);
                Some(began)
            }
            other => {
                *self = other;
                None
            }
        }
    }

    /// The run is over: no more looks.
    pub(super) async fn end(&mut self) {
        *self = match std::mem::replace(self, Self::None) {
            Self::Looking(looking) => Self::ready(looking.end().await),
            other => other,
        };
    }

    /// Adds what the database has counted by now to the facts of the run, or what
    /// was in the way. `leaving`: see [`Observer::counted`].
    pub(super) async fn conclude(self, result: &mut RunResult, leaving: Option<&str>) {
        let RunResult::Judged { facts, .. } = result else { return };
        let counters = match self {
            Self::None | Self::Looking(_) => return,
            Self::Ready(mut observer) => observer.counted(leaving).await,
            Self::Failed(error) => Err(error),
        };
        let activity = facts.database.get_or_insert_default();
        match counters {
            Ok(counters) => activity.counters = Some(counters),
            Err(error) => activity.trouble = Some(error.to_string().into()),
        }
    }

    fn ready(observer: Result<Observer, ObserverError>) -> Self {
        match observer {
            Ok(observer) => Self::Ready(Box::new(observer)),
            Err(error) => Self::Failed(error),
        }
    }
}
