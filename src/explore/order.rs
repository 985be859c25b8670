use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::gate::{Expected, Held, Turn};
use super::outcome::{Execution, Reply, State};
use super::profile::Rest;
use super::scheduler::Scheduler;
use super::search::{Candidate, Touched};
use super::step::{Change, Step};
use super::subject::Subject;
use super::trouble::Trouble;

/// How long a statement may take before it is asked whether it waits for a lock.
const LOCK_CHECK: Duration = Duration::from_millis(1);

/// One order of steps under way.
pub(super) struct Order<'a, S: Subject> {
    scheduler: &'a mut Scheduler,
    subject: &'a mut S,
    requests: Vec<Request>,
    steps: Vec<Step>,
    answered: usize,
    schedule: Vec<usize>,
    switches: usize,
    slept: Vec<usize>,
    hung: bool,
    ambiguous_before: u64,
    tasks: JoinSet<()>,
    replying: UnboundedSender<(usize, Reply)>,
    replies: UnboundedReceiver<(usize, Reply)>,
    /// How long a request is watched for more after it has come to rest.
    learning: Duration,
    watched: Option<State>,
    writers: Vec<(String, usize)>,
}

#[derive(Clone, Debug, Default)]
struct Request {
    reply: Option<Reply>,
    is_sent: bool,
    /// The names of its steps so far.
    names: Vec<String>,
    /// When its step was seen to wait for a lock.
    blocked_since: Option<Instant>,
    /// It is silent, and nothing of it is anywhere to be seen.
    sleeps: bool,
    /// Where it has rested so far.
    rests: Vec<Rest>,
}

impl<'a, S: Subject> Order<'a, S> {
    /// Nothing has been sent yet; the state has been set back.
    pub(super) fn new(scheduler: &'a mut Scheduler, subject: &'a mut S) -> Self {
        let (replying, replies) = unbounded_channel();
        let ambiguous_before = scheduler.gate.ambiguous();
        Self {
            requests: vec![Request::default(); subject.requests()],
            steps: Vec::new(),
            answered: 0,
            schedule: Vec::new(),
            switches: 0,
            slept: Vec::new(),
            hung: false,
            ambiguous_before,
            tasks: JoinSet::new(),
            replying,
            replies,
            learning: Duration::ZERO,
            watched: None,
            writers: Vec::new(),
            scheduler,
            subject,
        }
    }

    /// Requests are watched for that long after they have come to rest.
    pub(super) fn learning(self, length: Duration) -> Self {
        Self { learning: length, ..self }
    }

    /// From now on it is noted what each step changes.
    pub(super) fn watch(&mut self, state: State) {
        self.watched = Some(state);
    }

    pub(super) fn is_hung(&self) -> bool {
        self.hung
    }

    /// Where a request has rested so far.
    pub(super) fn rests(&self, request: usize) -> &[Rest] {
        &self.requests[request].rests
    }

    /// Sends a request and lets it run until it rests.
    pub(super) async fn send(&mut self, request: usize) -> Result<(), Trouble> {
        self.scheduler.turn(Turn::Of(request));
        let (reply, replying) = (self.subject.send(request), self.replying.clone());
        self.tasks.spawn(async move {
            let _ = replying.send((request, reply.await));
        });
        self.requests[request].is_sent = true;
        self.run(request).await
    }

    /// The steps that may be let through now, and how they look to a search.
    pub(super) fn candidates(&self) -> (Vec<Held>, Vec<Candidate>) {
        let held = self.scheduler.gate.held();
        let candidate = |held: &Held| {
            let names = self.requests.get(held.request).map_or(&[][..], |it| &it.names);
            let before = names.iter().filter(|name| **name == held.name).count();
            let step = match before {
                0 => held.name.clone(),
                before => format!("{} #{}", held.name, before + 1),
            };
            Candidate { request: held.request, step: step.into() }
        };
        let candidates = held.iter().map(candidate).collect();
        (held, candidates)
    }

    /// Lets a step through and its request run until it rests.
    pub(super) async fn step(&mut self, held: &Held) -> Result<(), Trouble> {
        self.rest_those_blocked(held).await;
        let request = held.request;
        let last = self.schedule.last().copied();
        let could_go_on = last.is_some_and(|last| {
            self.scheduler.gate.held().iter().any(|other| other.request == last)
        });
        self.switches += usize::from(could_go_on && last != Some(request));
        self.schedule.push(request);
        let token = self.steps.len();
        self.scheduler.turn(Turn::Of(request));
        let sql = self.scheduler.gate.release(held.connection, token).unwrap_or_default();
        self.scheduler.write();
        self.steps.push(Step { request, sql, name: held.name.clone(), ..Step::default() });
        self.requests[request].names.push(held.name.clone());
        self.run(request).await?;
        self.look(token).await
    }

    /// The same, and what the step touches: within a transaction all that this has
    /// touched so far, since it lets go of that when it fails.
    pub(super) async fn step_touching(&mut self, held: &Held) -> Result<Option<Touched>, Trouble> {
        let Held { connection, .. } = *held;
        if !self.scheduler.gate.has_transaction(connection) {
            let sql = self.scheduler.gate.held_sql(connection).unwrap_or_default();
            let touched = self.scheduler.monitor.touched_by(&sql).await?;
            self.step(held).await?;
            return Ok(touched);
        }
        let Some(pid) = self.scheduler.gate.pid(connection) else {
            self.step(held).await?;
            return Ok(None);
        };
        let before = self.scheduler.monitor.touched(pid).await?;
        self.step(held).await?;
        // What has ended it holds nothing any more.
        let after = self.scheduler.monitor.touched(pid).await?;
        Ok(Some(before.and(after)))
    }

    /// Where nothing can be let through: whether it goes on by itself, within
    /// the timeout.
    pub(super) async fn wait(&mut self) -> Result<bool, Trouble> {
        let began = Instant::now();
        while began.elapsed() < self.scheduler.timeout {
            if self.is_over() {
                return Ok(true);
            }
            self.hear(Duration::from_millis(20)).await;
            self.go_on_with_others(None).await?;
            if !self.scheduler.gate.held().is_empty() {
                return Ok(true);
            }
        }
        self.hung = true;
        Ok(false)
    }

    /// Whether all that was sent has been answered, and nothing more comes.
    pub(super) fn is_over(&self) -> bool {
        let answered = |request: &Request| !request.is_sent || request.reply.is_some();
        self.requests.iter().all(answered) && self.scheduler.gate.held().is_empty()
    }

    pub(super) fn is_answered(&self, request: usize) -> bool {
        self.requests[request].reply.is_some()
    }

    /// Waits until all is quiet, and says what came of it. What hung is cut off.
    pub(super) async fn conclude(mut self) -> Result<Execution, Trouble> {
        let began = Instant::now();
        while !self.hung && !self.scheduler.gate.is_quiet() {
            if began.elapsed() > self.scheduler.timeout {
                self.hung = true;
            }
            self.hear(Duration::from_millis(5)).await;
        }
        if self.hung {
            self.tasks.shutdown().await;
            self.subject.abandon();
            self.scheduler.cut().await?;
        }
        self.scheduler.turn(Turn::Open);
        let Self { scheduler, subject, requests, steps, schedule, switches, mut slept, .. } = self;
        let state = scheduler.meanwhile(subject.read()).await.map_err(Trouble::Service)?;
        slept.sort_unstable();
        slept.dedup();
        Ok(Execution {
            schedule,
            steps,
            replies: requests.into_iter().map(|request| request.reply).collect(),
            state,
            switches,
            slept,
            ambiguous: scheduler.gate.ambiguous() - self.ambiguous_before,
            hung: self.hung,
        })
    }

    /// The request runs inside the service, and nobody else, until it rests.
    /// Then those go on that its last step has set free.
    async fn run(&mut self, request: usize) -> Result<(), Trouble> {
        self.run_alone(request).await?;
        self.go_on_with_others(Some(request)).await
    }

    async fn run_alone(&mut self, request: usize) -> Result<(), Trouble> {
        self.expect(request);
        self.scheduler.turn(Turn::Of(request));
        let began = Instant::now();
        let (mut check, mut heard) = (began + LOCK_CHECK, self.scheduler.gate.heard());
        let mut quiet_since = began;
        loop {
            self.catch_up();
            if self.scheduler.gate.heard() != heard {
                heard = self.scheduler.gate.heard();
                quiet_since = Instant::now();
            }
            let under_way = self.scheduler.gate.is_under_way(request);
            if !under_way && self.rests_as_expected(request) {
                self.scheduler.patience.note(began.elapsed());
                break;
            }
            let now = Instant::now();
            let until = if under_way {
                if now >= check {
                    if self.scheduler.is_blocked(request).await?
                        && self.scheduler.gate.is_under_way(request)
                    {
                        self.is_blocked(request);
                        break;
                    }
                    check = Instant::now() + (now - began).clamp(LOCK_CHECK, 20 * LOCK_CHECK);
                }
                if began.elapsed() > self.scheduler.timeout {
                    self.hung = true;
                    break;
                }
                check
            } else {
                let until = quiet_since + self.scheduler.patience.length();
                if now >= until {
                    self.falls_silent(request);
                    break;
                }
                until
            };
            self.hear(until.saturating_duration_since(now)).await;
        }
        let until = Instant::now() + self.learning;
        while let left = until.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            self.hear(left).await;
        }
        let rest = self.rest(request);
        self.requests[request].rests.push(rest);
        self.scheduler.turn(Turn::Nobody);
        Ok(())
    }

    fn is_blocked(&mut self, request: usize) {
        self.requests[request].blocked_since = Some(Instant::now());
        let last = self.steps.iter_mut().rev().find(|step| step.request == request);
        if let Some(step) = last {
            step.waited = true;
        }
    }

    /// It says less than when it was alone, or nothing at all.
    fn falls_silent(&mut self, request: usize) {
        let rest = self.rest(request);
        let sleeps = rest.held.is_empty() && !rest.is_answered;
        self.requests[request].sleeps = sleeps;
        if sleeps {
            self.slept.push(request);
        }
    }

    /// Those that waited for a lock and have it now, and those that slept in the
    /// service, run until they rest, one after the other.
    async fn go_on_with_others(&mut self, just_ran: Option<usize>) -> Result<(), Trouble> {
        let mut again = true;
        while std::mem::take(&mut again) && !self.hung {
            for request in 0..self.requests.len() {
                if self.requests[request].blocked_since.is_some() && self.is_freed(request).await? {
                    self.requests[request].blocked_since = None;
                    self.run_alone(request).await?;
                    again = true;
                }
                if self.requests[request].sleeps && just_ran != Some(request) {
                    self.requests[request].sleeps = false;
                    self.run_alone(request).await?;
                    again |= !self.requests[request].sleeps;
                }
            }
        }
        Ok(())
    }

    /// Whether what waited for a lock has been answered. Where the lock is
    /// there and the answer is not yet, it is awaited.
    async fn is_freed(&mut self, request: usize) -> Result<bool, Trouble> {
        let began = Instant::now();
        loop {
            self.catch_up();
            if !self.scheduler.gate.is_under_way(request) {
                return Ok(true);
            }
            if self.scheduler.is_blocked(request).await? {
                return Ok(!self.scheduler.gate.is_under_way(request));
            }
            if began.elapsed() > self.scheduler.timeout {
                self.hung = true;
                return Ok(false);
            }
            self.hear(LOCK_CHECK).await;
        }
    }

    /// A deadlock has the same victim each time when those that wait have waited
    /// for long enough. What ends a transaction closes no circle.
    async fn rest_those_blocked(&mut self, next: &Held) {
        let rest = self.scheduler.monitor.deadlock_rest();
        let ends = ["COMMIT", "ROLLBACK", "END", "ABORT"];
        let name = next.name.to_ascii_uppercase();
        if ends.iter().any(|end| name.starts_with(end)) {
            return;
        }
        let others = self.requests.iter().enumerate().filter(|(other, _)| *other != next.request);
        let Some(latest) = others.filter_map(|(_, request)| request.blocked_since).max() else {
            return;
        };
        let until = latest + rest;
        while let left = until.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            self.hear(left).await;
        }
    }

    fn rest(&self, request: usize) -> Rest {
        let held = self.scheduler.gate.held();
        let held = held.into_iter().filter(|held| held.request == request);
        Rest {
            held: held.map(|held| held.name).collect(),
            is_answered: self.requests[request].reply.is_some(),
        }
    }

    /// Where it said more when it was alone, that is waited for.
    fn rests_as_expected(&self, request: usize) -> bool {
        let rest = self.rest(request);
        let profile = self.scheduler.profiles.get(&request);
        match profile.and_then(|it| it.rest_after(&self.requests[request].names)) {
            Some(expected) => {
                // It has gone another way than when it was alone.
                let turned = rest.held.iter().any(|name| !expected.held.contains(name));
                let is_early = rest.is_answered && !expected.is_answered;
                let is_there = rest.held.len() >= expected.held.len()
                    && rest.is_answered >= expected.is_answered;
                turned || is_early || is_there
            }
            None => !rest.held.is_empty() || rest.is_answered,
        }
    }

    fn expect(&mut self, running: usize) {
        let names = |request: usize| {
            let profile = self.scheduler.profiles.get(&request);
            let rest = profile.and_then(|it| it.rest_after(&self.requests[request].names));
            rest.map(|rest| rest.held.clone()).unwrap_or_default()
        };
        let sleeping = self.requests.iter().enumerate();
        let sleeping = sleeping.filter(|(other, it)| it.sleeps && *other != running);
        let sleeping: Vec<Expected> =
            sleeping.map(|(request, _)| Expected { request, names: names(request) }).collect();
        let running = names(running);
        self.scheduler.gate.expect(running, sleeping);
    }

    /// What a step has changed for everybody to see.
    async fn look(&mut self, token: usize) -> Result<(), Trouble> {
        let Some(before) = self.watched.take() else { return Ok(()) };
        let after = self.scheduler.meanwhile(self.subject.read()).await;
        let after = after.map_err(Trouble::Service)?;
        let request = self.steps[token].request;
        let entries = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
        for entry in entries.filter(|entry| before.get(*entry) != after.get(*entry)) {
            let writer = self.writers.iter().rev().find(|(written, _)| written == entry);
            let other = writer.map(|(_, writer)| *writer).filter(|writer| *writer != request);
            // What was worked out from the row as it is overwrites nothing.
            let says = |value: &String| {
                let own = self.steps.iter().filter(|step| step.request == request);
                own.into_iter().any(|step| mentions(&step.sql, value))
            };
            let value = after.get(entry);
            let overwrites = other.filter(|_| value.is_some_and(says));
            let (before, after) = (before.get(entry).cloned(), value.cloned());
            let change = Change { entry: entry.clone(), before, after, overwrites };
            self.writers.push((entry.clone(), request));
            self.steps[token].changes.push(change);
        }
        self.watched = Some(after);
        Ok(())
    }

    async fn hear(&mut self, patience: Duration) {
        tokio::select! {
            biased;
            Some(event) = self.scheduler.event() => self.scheduler.take(event),
            Some((request, reply)) = self.replies.recv() => {
                self.requests[request].reply = Some(reply);
            }
            () = tokio::time::sleep(patience) => {}
        }
        self.catch_up();
    }

    fn catch_up(&mut self) {
        self.scheduler.catch_up();
        while let Ok((request, reply)) = self.replies.try_recv() {
            self.requests[request].reply = Some(reply);
        }
        for (token, answered) in self.scheduler.gate.take_done() {
            if let Some(step) = self.steps.get_mut(token) {
                step.answered = answered;
                step.answered_at = Some(self.answered);
                self.answered += 1;
            }
        }
    }
}

/// Whether a value stands in SQL by itself, and not as a part of another.
fn mentions(sql: &str, value: &str) -> bool {
    let is_inside = |char: Option<char>| char.is_some_and(|char| char.is_alphanumeric());
    sql.match_indices(value).any(|(at, _)| {
        let after = at + value.len();
        !is_inside(sql[..at].chars().next_back()) && !is_inside(sql[after..].chars().next())
    })
}
