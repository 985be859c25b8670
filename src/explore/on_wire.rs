use std::collections::BTreeSet;
use std::time::Duration;

use super::executor::Executor;
use super::order::Order;
use super::outcome::{Execution, State};
use super::profile::Profile;
use super::scheduler::Scheduler;
use super::search::{Choice, Ended, Independence, Search};
use super::subject::Subject;
use super::transactions::Transactions;
use super::trouble::{Trouble, letter};

/// How long a request that runs alone is watched for more after it has come to
/// rest.
const LEARNING: Duration = Duration::from_millis(20);

/// How often a request runs alone until two runs in a row are the same.
const SOLO_RUNS: usize = 6;

/// An order of more than so many steps for each that the requests have alone, and some
/// more, has no end: a request asks again and again whether another is done.
const PATIENCE: usize = 8;
const LEAST: usize = 100;

/// A service behind a proxy, and its requests.
#[derive(Debug)]
pub struct OnWire<'a, S> {
    scheduler: &'a mut Scheduler,
    subject: &'a mut S,
    /// Steps after which an order is taken for one without end.
    longest: usize,
}

/// The state after a reset.
#[derive(Debug)]
struct Beginning {
    state: State,
    /// Entries that differ from one reset to the next, with nothing between them.
    varying: BTreeSet<String>,
}

impl<'a, S: Subject> OnWire<'a, S> {
    /// Gets to know the requests, each by itself: until each does the same twice,
    /// and until as many connections are open as they need together.
    pub async fn prepare(
        scheduler: &'a mut Scheduler,
        subject: &'a mut S,
    ) -> Result<Self, Trouble> {
        scheduler.refuse_strangers().await?;
        scheduler.profiles.clear();
        scheduler.alone.clear();
        let mut on_wire = Self { scheduler, subject, longest: LEAST };
        let beginning = on_wire.check_reset().await?;
        on_wire.run(&mut WarmUp, false).await?;
        on_wire.check_restored(&beginning).await?;
        for request in 0..on_wire.requests() {
            let profile = on_wire.learn(request).await?;
            on_wire.longest += PATIENCE * profile.names.len();
            on_wire.scheduler.profiles.insert(request, profile);
        }
        Ok(on_wire)
    }

    /// How the requests use transactions.
    pub fn transactions(&self) -> Transactions {
        let alone = self.scheduler.alone.values().map(Vec::as_slice);
        Transactions::learn(alone, self.scheduler.gate.notes.isolation_asked())
    }

    async fn reset(&mut self) -> Result<(), Trouble> {
        let reset = self.scheduler.meanwhile(self.subject.reset()).await;
        reset.map_err(Trouble::Reset)
    }

    async fn read(&mut self) -> Result<State, Trouble> {
        let state = self.scheduler.meanwhile(self.subject.read()).await;
        state.map_err(Trouble::Service)
    }

    /// Reset and read twice, before anything is judged by it.
    async fn check_reset(&mut self) -> Result<Beginning, Trouble> {
        self.reset().await?;
        let first = self.read().await?;
        self.reset().await?;
        let second = self.read().await?;
        let entry = first
            .keys()
            .chain(second.keys())
            .find(|entry| first.contains_key(*entry) != second.contains_key(*entry));
        if let Some(entry) = entry {
            return Err(Trouble::Reset(format!("`{entry}` is there after one of two")));
        }
        let varying = second.iter().filter(|(entry, value)| first.get(*entry) != Some(*value));
        let varying = varying.map(|(entry, _)| entry.clone()).collect();
        Ok(Beginning { state: second, varying })
    }

    /// What the requests have changed must be as it was. What a reset left would
    /// look like something that varies by itself, and not be compared.
    async fn check_restored(&mut self, beginning: &Beginning) -> Result<(), Trouble> {
        let Beginning { state: before, varying } = beginning;
        self.reset().await?;
        let after = self.read().await?;
        let left = |why: String| Err(Trouble::Reset(why));
        for (entry, value) in before.iter().filter(|(entry, _)| !varying.contains(*entry)) {
            match after.get(entry) {
                Some(now) if now == value => {}
                Some(now) => {
                    return left(format!(
                        "`{entry}` is {now} after the requests and a reset, and was {value}"
                    ));
                }
                None => return left(format!("`{entry}` is gone after the requests and a reset")),
            }
        }
        match after.keys().find(|entry| !before.contains_key(*entry)) {
            Some(entry) => left(format!("`{entry}` is left over from the requests")),
            None => Ok(()),
        }
    }

    async fn learn(&mut self, request: usize) -> Result<Profile, Trouble> {
        let mut before: Option<Profile> = None;
        for _ in 0..SOLO_RUNS {
            let profile = self.alone(request).await?;
            if before.as_ref() == Some(&profile) {
                return Ok(profile);
            }
            before = Some(profile);
        }
        let steps = before.unwrap_or_default().names.join("; ");
        Err(Trouble::Unsteady(letter(request), format!("the last time it sent {steps}")))
    }

    async fn alone(&mut self, request: usize) -> Result<Profile, Trouble> {
        self.reset().await?;
        self.scheduler.gate.notes.keep_passed();
        let mut order = Order::new(self.scheduler, self.subject).learning(LEARNING);
        order.send(request).await?;
        finish(&mut order, request).await?;
        let rests = order.rests(request).to_vec();
        let execution = order.conclude().await?;
        let passed = self.scheduler.gate.notes.take_passed();
        self.scheduler.alone.insert(request, passed);
        let names = execution.steps.into_iter().map(|step| step.name).collect();
        Ok(Profile { names, rests })
    }
}

impl<S: Subject> Executor for OnWire<'_, S> {
    fn requests(&self) -> usize {
        self.subject.requests()
    }

    async fn serial(&mut self, requests: &[usize]) -> Result<Execution, Trouble> {
        self.reset().await?;
        let mut order = Order::new(self.scheduler, self.subject);
        for request in requests {
            order.send(*request).await?;
            finish(&mut order, *request).await?;
        }
        order.conclude().await
    }

    async fn run(
        &mut self,
        search: &mut dyn Search,
        watched: bool,
    ) -> Result<(Ended, Execution), Trouble> {
        self.reset().await?;
        let state = if watched { Some(self.read().await?) } else { None };
        let requests = self.requests();
        let mut order = Order::new(self.scheduler, self.subject);
        if let Some(state) = state {
            order.watch(state);
        }
        for request in 0..requests {
            order.send(request).await?;
        }
        let mut ended = Ended::Complete;
        let mut last = None;
        let (most, mut steps) = (self.longest, 0);
        while !order.is_hung() {
            let (held, candidates) = order.candidates();
            if held.is_empty() {
                if order.is_over() || !order.wait().await? {
                    break;
                }
                continue;
            }
            // What is given up is brought to an end all the same: the service has
            // to be as it was.
            let choice = match ended {
                Ended::Complete => search.choose(&candidates, last),
                // Each in its turn: one that asks until another is done has to see it done.
                Ended::Known | Ended::Diverged | Ended::Endless => Choice::Step(steps % held.len()),
            };
            steps += 1;
            if steps > most && ended == Ended::Complete {
                ended = Ended::Endless;
                continue;
            }
            if steps > 2 * most {
                return Err(Trouble::Service(format!(
                    "its requests sent more than {} statements and were not done: do they wait for \
                     something that never comes?",
                    2 * most
                )));
            }
            let index = match choice {
                Choice::Step(index) => index,
                Choice::Known => {
                    ended = Ended::Known;
                    continue;
                }
                Choice::Diverged(reason) => {
                    tracing::debug!(%reason, "an order does not repeat");
                    ended = Ended::Diverged;
                    continue;
                }
            };
            let Some(next) = held.get(index) else {
                ended = Ended::Diverged;
                continue;
            };
            last = Some(next.request);
            order.step(next).await?;
        }
        let execution = order.conclude().await?;
        Ok((ended, execution))
    }

    async fn pass(&mut self, time: Duration) {
        self.scheduler.meanwhile(tokio::time::sleep(time)).await;
    }

    async fn independence(&mut self) -> Result<Independence, Trouble> {
        let mut independence = Independence::default();
        // What reads a snapshot reads all of it with its first statement.
        if self.scheduler.gate.sees_snapshots() {
            return Ok(independence);
        }
        for request in 0..self.requests() {
            self.reset().await?;
            let mut order = Order::new(self.scheduler, self.subject);
            order.send(request).await?;
            while let (held, candidates) = order.candidates()
                && let Some(index) = held.iter().position(|held| held.request == request)
            {
                if let Some(touched) = order.step_touching(&held[index]).await? {
                    independence.learn(request, &candidates[index].step, touched);
                }
            }
            order.conclude().await?;
        }
        Ok(independence)
    }
}

/// Lets one request through to its end, all that comes after its answer
/// included.
async fn finish<S: Subject>(order: &mut Order<'_, S>, request: usize) -> Result<(), Trouble> {
    loop {
        let (held, _) = order.candidates();
        match held.iter().find(|held| held.request == request) {
            Some(held) => order.step(held).await?,
            None if order.is_answered(request) || order.is_hung() => return Ok(()),
            None => {
                if !order.wait().await? {
                    return Ok(());
                }
            }
        }
    }
}

/// All requests at once, so that each has its connection.
#[derive(Debug)]
struct WarmUp;

impl Search for WarmUp {
    fn begin(&mut self) -> bool {
        true
    }

    fn choose(&mut self, _candidates: &[super::search::Candidate], _last: Option<usize>) -> Choice {
        Choice::Step(0)
    }

    fn end(&mut self, _how: Ended) {}

    fn pending(&self) -> usize {
        0
    }
}
