use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{Observer, ObserverError};
use crate::facts::Event;

/// Between two looks. One took PostgreSQL 15 a third of a millisecond with thirty
/// connections waiting.
const INTERVAL: Duration = Duration::from_millis(50);

/// An observer at work beside a run: it tells the run what it sees.
#[derive(Debug)]
pub struct Looking {
    began: Arc<Notify>,
    over: CancellationToken,
    task: JoinHandle<Result<Observer, ObserverError>>,
}

impl Looking {
    /// Looks from when the run begins, and tells of it through `events`.
    pub fn start(observer: Observer, events: UnboundedSender<Event>) -> Self {
        let began = Arc::new(Notify::new());
        let over = CancellationToken::new();
        let task = tokio::spawn(look(observer, events, began.clone(), over.clone()));
        Self { began, over, task }
    }

    /// What is to be notified when the time of the run begins to count.
    pub fn began(&self) -> Arc<Notify> {
        self.began.clone()
    }

    /// Ends it. After that no more events come. Gives back the observer, or why it
    /// had to stop on the way.
    pub async fn end(self) -> Result<Observer, ObserverError> {
        self.over.cancel();
        self.task.await.unwrap_or_else(|panic| Err(ObserverError::Ended(panic.to_string())))
    }
}

async fn look(
    mut observer: Observer,
    events: UnboundedSender<Event>,
    began: Arc<Notify>,
    over: CancellationToken,
) -> Result<Observer, ObserverError> {
    tokio::select! {
        () = began.notified() => {}
        () = over.cancelled() => return Ok(observer),
    }
    let clock = Instant::now();
    let mut tick = tokio::time::interval(INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = over.cancelled() => return Ok(observer),
        }
        let look = tokio::select! {
            look = observer.look(clock.elapsed()) => look?,
            () = over.cancelled() => return Ok(observer),
        };
        // Nobody listens any more: the run is being torn down.
        let _ = events.send(Event::Database(Arc::new(look)));
    }
}
