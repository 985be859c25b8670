use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{JoinHandle, JoinSet};

use super::books::{Accounts, Books, BooksError};
use super::crew::Crew;
use super::faults::Coming;
use super::invariants::Watch;
use super::planned::workload_tags;
use super::settle::{self, Patience, read_all, read_when_quiet};
use super::{
    Client, Clock, Faults, Outturn, Program, Service, Shared, Stop, TransportError, Vu, VuSeat,
    workload,
};
use crate::facts::{Event, Resolution, Tags};
use crate::model::{AccountId, Amount};
use crate::scenario::{Action, Scenario, Workload};

/// Everything a run needs.
pub struct Run {
    pub scenario: Scenario,
    pub service: Service,
    pub program: Arc<dyn Program>,
    /// What befalls the service meanwhile, where there is somebody to make it.
    pub faults: Option<Faults>,
    pub events: UnboundedSender<Event>,
    pub stop: Stop,
}

/// Why a run could not be carried out.
#[derive(Debug, Error)]
pub enum RunError {
    #[error("{url} cannot be reached: {cause}")]
    Unreachable { url: String, cause: String },
    #[error("the accounts cannot be reset: {0}")]
    Reset(String),
    #[error("{} cannot be read: {cause}", balance_of(.account.as_ref()))]
    Read { account: Option<AccountId>, cause: String },
    #[error("after the reset the accounts are not as the scenario states: {}", list(.0))]
    NotAsStated(Vec<Discrepancy>),
    #[error("it was stopped before it began")]
    Stopped,
    #[error("{0}")]
    Script(String),
}

/// An account that the reset left in another state than was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    pub account: AccountId,
    pub stated: Amount,
    pub read: Amount,
}

/// The processes, from the first to the last, whose iterations begin when they are
/// due and not when the ones before them end.
pub fn arrival_rate(scenario: &Scenario) -> Vec<[u32; 2]> {
    let mut first: u32 = 0;
    let mut found = Vec::new();
    for workload in &scenario.workloads {
        let next = first.wrapping_add(workload.executor.vus());
        if workload.executor.is_arrival_rate() && next > first {
            found.push([first, next - 1]);
        }
        first = next;
    }
    found
}

impl Run {
    /// Resets the target, runs every workload, and reads the balances again.
    /// Returns the time from the first iteration to the last.
    pub async fn execute(self) -> Result<Duration, RunError> {
        let mut client = self.service.client(self.scenario.timeout).traced(&self.events);
        let books = Books::of(&self.service, &self.scenario);
        let initial = tokio::select! {
            initial = self.prepare(&mut client, &books) => initial?,
            () = self.stop.halted() => return Err(RunError::Stopped),
        };
        let accounts: BTreeSet<AccountId> = initial.keys().cloned().collect();
        self.emit(Event::Began { initial: initial.clone() });
        let shared = Arc::new(Shared::new(
            self.service.clone(),
            self.scenario.timeout,
            self.events.clone(),
            self.stop.child(),
            self.scenario.workloads.len(),
        ));
        let clock = shared.clock;

        let setup = caretaker(&self.scenario, &shared, shared.stop.child());
        self.program.setup(&setup).await.map_err(RunError::Script)?;
        let watch =
            Watch { invariants: self.scenario.invariants.clone(), books: books.clone(), initial };
        let watching = self.watch(watch.clone(), clock);
        let began = clock.now();
        let faults = self.faults.clone();
        let coming = faults.map(|faults| self.inflict(faults, clock, began, shared.stop.child()));
        let worked = self.work(&shared).await;
        let elapsed = clock.now() - began;
        if let Some(coming) = coming {
            coming.end().await;
        }
        watching.abort();
        // Torn down also after a failure, which then is the error to report.
        let teardown = caretaker(&self.scenario, &shared, Stop::new());
        let torn_down = self.program.teardown(&teardown).await;
        worked.and(torn_down).map_err(RunError::Script)?;

        let balances = match shared.in_doubt.load(Ordering::Relaxed) {
            true => read_when_quiet(&books, &mut client, &accounts).await,
            false => read_all(&books, &mut client, &accounts).await,
        };
        let balances = self.settle(balances, &watch.initial, &books, &mut client, &shared).await;
        watch.look_last(&balances, clock.now(), |event| self.emit(event));
        self.resolve(&mut client, &shared).await;
        // A run cut short is not held to what the whole of it leads to.
        if !shared.stop.is_ending() {
            let standing = shared.tally.standing();
            let outturn = Outturn {
                initial: watch.initial.clone(),
                balances: balances.clone(),
                standing,
                elapsed,
            };
            let verifier = caretaker(&self.scenario, &shared, shared.stop.child());
            self.program.verify(&verifier, &outturn).await;
        }
        self.emit(Event::Ended { balances });
        Ok(elapsed)
    }

    /// Looks again where the balances disagree with the answers: late is not lost.
    async fn settle(
        &self,
        balances: Accounts,
        initial: &Accounts,
        books: &Books,
        client: &mut Client,
        shared: &Shared,
    ) -> Accounts {
        let Some(expected) = &shared.expected else { return balances };
        if balances.len() < initial.len() || expected.allow(initial, &balances) {
            return balances;
        }
        let patience = Patience::new(self.scenario.settle, shared.accepted.load(Ordering::Relaxed));
        let agree = |balances: &Accounts| expected.allow(initial, balances);
        let settled = settle::settle(balances, patience, agree, books, client, &self.stop);
        let (balances, settling) = settled.await;
        self.emit(Event::Settled(settling));
        balances
    }

    /// Asks the service what became of the operations it never answered.
    async fn resolve(&self, client: &mut Client, shared: &Shared) {
        let unresolved = {
            let list = shared.unresolved.lock();
            std::mem::take(&mut *list.unwrap_or_else(|poisoned| poisoned.into_inner()))
        };
        for lost in unresolved {
            let key = shared.key(lost.operation);
            if let Some((balance, to_balance)) = lost.ask(&self.service, client, &key).await {
                let (operation, time) = (lost.operation, shared.clock.now());
                let resolution = Resolution { operation, time, balance, to_balance };
                self.emit(Event::Resolved(resolution));
            }
        }
    }

    fn emit(&self, event: Event) {
        // Nobody listens any more: the run is being torn down.
        let _ = self.events.send(event);
    }

    /// Brings the accounts to their starting state and makes sure they are there.
    async fn prepare(&self, client: &mut Client, books: &Books) -> Result<Accounts, RunError> {
        let unreachable = |error: TransportError| RunError::Unreachable {
            url: self.service.target().to_string(),
            cause: error.to_string(),
        };
        client.connect().await.map_err(unreachable)?;
        let accounts = watched_accounts(&self.scenario);
        if accounts.is_empty() && !books.reads_all_at_once() {
            return Ok(BTreeMap::new());
        }
        let stated = self.scenario.accounts.as_ref();
        books.set(client, stated).await.map_err(|error| match error {
            BooksError::Transport(error) => unreachable(error),
            BooksError::Answer(cause) => RunError::Reset(cause),
        })?;
        let initial =
            books.read(client, &accounts).await.map_err(|(account, error)| match error {
                BooksError::Transport(error) => unreachable(error),
                BooksError::Answer(cause) => RunError::Read { account, cause },
            })?;
        let wrong = discrepancies(stated, &initial);
        if wrong.is_empty() { Ok(initial) } else { Err(RunError::NotAsStated(wrong)) }
    }

    async fn work(&self, shared: &Arc<Shared>) -> Result<(), String> {
        let mut workloads = JoinSet::new();
        let mut first_process: u32 = 0;
        for (index, entry) in self.scenario.workloads.iter().enumerate() {
            let name: Arc<str> = entry.name.as_str().into();
            let crew = Arc::new(Crew {
                workload: index,
                name,
                tags: workload_tags(entry),
                first_process,
                shared: shared.clone(),
                program: self.program.clone(),
                stop: shared.stop.child(),
            });
            first_process = first_process.wrapping_add(entry.executor.vus());
            let entry = entry.clone();
            workloads.spawn(async move { workload::run(&entry, crew).await });
        }
        let mut result = Ok(());
        while let Some(finished) = workloads.join_next().await {
            let finished = finished.unwrap_or_else(|panic| Err(panic.to_string()));
            if finished.is_err() {
                self.stop.halt();
                result = result.and(finished);
            }
        }
        result
    }

    /// Lets the faults come beside the run.
    fn inflict(&self, faults: Faults, clock: Clock, origin: Duration, stop: Stop) -> Coming {
        let events = self.events.clone();
        faults.start(clock, origin, stop, move |event| drop(events.send(event)))
    }

    /// Looks at the invariants beside the run, over a connection of its own.
    fn watch(&self, watch: Watch, clock: Clock) -> JoinHandle<()> {
        let client = self.service.client(self.scenario.timeout);
        let (events, stop) = (self.events.clone(), self.stop.child());
        let emit = move |event| drop(events.send(event));
        tokio::spawn(async move { watch.look(client, clock, stop, emit).await })
    }
}

/// The accounts to watch: those stated, else those the scenario touches.
pub(super) fn watched_accounts(scenario: &Scenario) -> BTreeSet<AccountId> {
    let mut accounts: BTreeSet<AccountId> = scenario.expect.balances.keys().cloned().collect();
    accounts.extend(scenario.watched.iter().cloned());
    let set_aside = scenario.expect.set_aside.iter();
    accounts.extend(set_aside.flat_map(|void| void.balances.keys().cloned()));
    match &scenario.accounts {
        Some(stated) => accounts.extend(stated.keys().cloned()),
        None if scenario.watched.is_empty() => {
            accounts.extend(scenario.actions().flat_map(Action::accounts).cloned());
        }
        None => {}
    }
    accounts
}

/// How many virtual users these workloads have at most: the process of the first
/// one after them.
pub(super) fn workload_processes(workloads: &[Workload]) -> u32 {
    workloads.iter().map(|workload| workload.executor.vus()).fold(0, u32::wrapping_add)
}

/// The virtual user of `setup` and `teardown`. The latter is not stopped with the
/// others: what was set up is torn down also after Ctrl-C.
pub(super) fn caretaker(scenario: &Scenario, shared: &Arc<Shared>, stop: Stop) -> Arc<Vu> {
    let workloads = &scenario.workloads;
    let seat = VuSeat {
        workload: workloads.len(),
        workload_name: "setup".into(),
        number: 0,
        process: workload_processes(workloads),
        tags: Tags::default(),
    };
    Arc::new(Vu::new(seat, shared.clone(), stop))
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("scenario", &self.scenario.name).finish_non_exhaustive()
    }
}

pub(super) fn discrepancies(
    stated: Option<&BTreeMap<AccountId, Amount>>,
    read: &BTreeMap<AccountId, Amount>,
) -> Vec<Discrepancy> {
    let stated = stated.into_iter().flatten();
    stated
        .filter_map(|(account, stated)| {
            let read = *read.get(account)?;
            (read != *stated).then(|| Discrepancy {
                account: account.clone(),
                stated: *stated,
                read,
            })
        })
        .collect()
}

/// `account 1 is 1000, not 500; account 2 is ...`
fn balance_of(account: Option<&AccountId>) -> String {
    account.map_or_else(
        || "the balances".to_owned(),
        |account| format!("the balance of account {account}"),
    )
}

fn list(discrepancies: &[Discrepancy]) -> String {
    const SHOWN: usize = 3;
    let mut lines: Vec<String> = discrepancies
        .iter()
        .take(SHOWN)
        .map(|wrong| format!("account {} is {}, not {}", wrong.account, wrong.read, wrong.stated))
        .collect();
    if discrepancies.len() > SHOWN {
        lines.push(format!("and {} more", discrepancies.len() - SHOWN));
    }
    lines.join("; ")
}
