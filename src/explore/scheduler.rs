use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;

use super::gate::{ConnectionId, Gate, Output, Passed, Turn};
use super::monitor::Monitor;
use super::profile::{Patience, Profile};
use super::proxy::{Event, Link};
use super::trouble::Trouble;
use super::what_if::Applied;

/// Lets statements of a service through to its database, one at a time and in
/// whatever order is asked for.
///
/// It owns the connections that come through a [`Proxy`](super::Proxy). Between
/// orders all pass; somebody has to ask for it, with [`Self::meanwhile`].
#[derive(Debug)]
pub struct Scheduler {
    events: UnboundedReceiver<Event>,
    links: HashMap<ConnectionId, Link>,
    pub(super) gate: Gate,
    pub(super) monitor: Monitor,
    pub(super) patience: Patience,
    pub(super) profiles: BTreeMap<usize, Profile>,
    /// What each request sends when it runs alone.
    pub(super) alone: BTreeMap<usize, Vec<Passed>>,
    /// How long a request may take for which nobody can do anything.
    pub(super) timeout: Duration,
}

impl Scheduler {
    pub fn new(events: UnboundedReceiver<Event>, monitor: Monitor, timeout: Duration) -> Self {
        Self {
            events,
            links: HashMap::new(),
            gate: Gate::default(),
            monitor,
            patience: Patience::new(),
            profiles: BTreeMap::new(),
            alone: BTreeMap::new(),
            timeout,
        }
    }

    /// The service is explored with a change. Its sessions begin with the
    /// [setting](Applied::setting) of that by the proxy.
    pub fn applying(mut self, applied: &Applied) -> Self {
        self.gate.lock(applied.for_update.clone());
        if applied.isolation.is_some() {
            self.gate.raise_isolation();
        }
        self
    }

    /// The database's default for a session is above READ COMMITTED.
    pub fn above_read_committed(mut self) -> Self {
        self.gate.raise_isolation();
        self
    }

    /// Carries on until the future is done. Whose turn it is stays as it is.
    pub async fn meanwhile<T>(&mut self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            tokio::select! {
                biased;
                done = &mut future => {
                    // What was said before has its effect before.
                    while let Ok(event) = self.events.try_recv() {
                        self.take(event);
                    }
                    return done;
                }
                Some(event) = self.events.recv() => self.take(event),
            }
        }
    }

    /// Refuses to go on where others use the database.
    pub async fn refuse_strangers(&mut self) -> Result<(), Trouble> {
        const PATIENCE: Duration = Duration::from_secs(2);
        let began = Instant::now();
        loop {
            let known = self.gate.pids();
            let strangers = self.monitor.strangers(&known).await?;
            if strangers.is_empty() {
                return Ok(());
            }
            // One that has just been closed is there for a moment longer.
            if began.elapsed() > PATIENCE {
                return Err(Trouble::Strangers(strangers.join(", ")));
            }
            self.meanwhile(tokio::time::sleep(Duration::from_millis(20))).await;
        }
    }

    /// Until nothing has been said for `silence`, or for `most` at the longest.
    pub async fn await_quiet(&mut self, silence: Duration, most: Duration) {
        let until = Instant::now() + most;
        while Instant::now() < until {
            let said = self.next_event(silence).await;
            if !said && self.gate.is_quiet() {
                return;
            }
        }
    }

    /// Listens for that long while no request is under way: whatever comes is
    /// nobody's, and passes from now on.
    pub async fn learn_background(&mut self, length: Duration) {
        self.gate.turn(Turn::Nobody);
        let until = Instant::now() + length;
        let mut names = Vec::new();
        while Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            self.next_event(left).await;
            names.extend(self.gate.take_unowned());
        }
        self.gate.pass_always(names);
        self.gate.turn(Turn::Open);
        self.write();
    }

    /// The next thing that happens, if it does so in time.
    pub(super) async fn next_event(&mut self, patience: Duration) -> bool {
        match tokio::time::timeout(patience, self.events.recv()).await {
            Ok(Some(event)) => {
                self.take(event);
                true
            }
            Ok(None) | Err(_) => false,
        }
    }

    /// What has happened by now.
    pub(super) fn catch_up(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.take(event);
        }
        self.write();
    }

    pub(super) fn turn(&mut self, turn: Turn) {
        self.gate.turn(turn);
        self.write();
    }

    /// Receives an event, to be [taken](Self::take).
    pub(super) async fn event(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    pub(super) fn take(&mut self, event: Event) {
        match event {
            Event::Opened(link) => {
                self.gate.open(link.id);
                self.links.insert(link.id, link);
            }
            Event::FromClient(id, frames) => {
                for frame in frames {
                    if self.gate.from_client(id, frame).is_err() {
                        self.links.remove(&id);
                    }
                }
            }
            Event::FromServer(id, frames) => {
                for frame in frames {
                    if self.gate.from_server(id, frame).is_err() {
                        self.links.remove(&id);
                    }
                }
            }
            Event::Closed(id) => {
                self.gate.close(id);
                self.links.remove(&id);
            }
        }
        self.write();
    }

    /// Ends all connections of the service, at both ends.
    pub(super) async fn cut(&mut self) -> Result<(), Trouble> {
        let pids = self.gate.pids();
        self.gate.close_all();
        self.write();
        self.monitor.terminate(&pids).await
    }

    pub(super) fn write(&mut self) {
        for output in self.gate.take_outputs() {
            // An end that is gone closes the connection, which is an event.
            match output {
                Output::ToServer(id, bytes) => {
                    let _ = self.links.get(&id).map(|link| link.to_server.send(bytes));
                }
                Output::ToClient(id, bytes) => {
                    let _ = self.links.get(&id).map(|link| link.to_client.send(bytes));
                }
                Output::Close(id) => drop(self.links.remove(&id)),
            }
        }
    }

    /// Whether all that a request has under way waits for locks of connections
    /// that are at rest: then it waits for us.
    pub(super) async fn is_blocked(&mut self, request: usize) -> Result<bool, Trouble> {
        let waiting = self.gate.pids_under_way(request);
        if waiting.is_empty() {
            return Ok(false);
        }
        let mut known: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        let mut unknown = waiting.clone();
        while !unknown.is_empty() {
            let found = self.monitor.blockers(&unknown).await?;
            known.extend(found);
            let named: Vec<i32> = known.values().flatten().copied().collect();
            unknown = named
                .into_iter()
                .filter(|pid| !known.contains_key(pid) && !self.gate.is_at_rest(*pid))
                .collect();
            unknown.sort_unstable();
            unknown.dedup();
        }
        self.catch_up();
        // What has been answered between the questions is at rest, and waits for nobody.
        let waits = |pid: &i32| {
            !self.gate.is_at_rest(*pid) && self.rests_on_us(*pid, &known, &mut Vec::new())
        };
        if !waiting.iter().all(waits) {
            return Ok(false);
        }
        // PostgreSQL may have broken a circle between the questions: then one of
        // its members is at rest by now, and nobody waits for it any more.
        let named: Vec<i32> = known.keys().copied().collect();
        let again = self.monitor.blockers(&named).await?;
        self.catch_up();
        Ok(again == known)
    }

    /// Whether the ways of waiting from this process all end at connections that
    /// are at rest. A circle does not end: it is PostgreSQL's to break.
    fn rests_on_us(&self, pid: i32, known: &BTreeMap<i32, Vec<i32>>, seen: &mut Vec<i32>) -> bool {
        if self.gate.is_at_rest(pid) {
            return true;
        }
        if seen.contains(&pid) {
            return false;
        }
        seen.push(pid);
        let blockers = known.get(&pid).map(Vec::as_slice).unwrap_or_default();
        let rests = !blockers.is_empty()
            && blockers.iter().all(|blocker| self.rests_on_us(*blocker, known, seen));
        seen.pop();
        rests
    }
}
