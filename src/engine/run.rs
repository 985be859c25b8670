use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use super::crew::Crew;
use super::{Client, Clock, Program, Service, Shared, Stop, TransportError, Vu, VuSeat, workload};
use crate::facts::{Event, Resolution, Tags};
use crate::model::{AccountId, Amount};
use crate::scenario::{Action, Body, Scenario};

/// How long balances are asked for before they count as unreadable.
const READ_PATIENCE: Duration = Duration::from_secs(5);
const READ_INTERVAL: Duration = Duration::from_millis(300);
/// How long balances must hold still, after operations whose outcome is unknown.
const QUIET: Duration = Duration::from_secs(1);
/// Readings at most, until two of them agree.
const READINGS: u32 = 10;

/// Everything a run needs.
pub struct Run {
    pub scenario: Scenario,
    pub service: Service,
    pub program: Arc<dyn Program>,
    pub events: UnboundedSender<Event>,
    pub stop: Stop,
}

/// Why a run could not be carried out.
#[derive(Debug, Error)]
pub enum RunError {
    #[error("{url} cannot be reached: {cause}")]
    Unreachable { url: String, cause: String },
    #[error("POST {url}/reset answered {status}{said}")]
    Reset { url: String, status: u16, said: String },
    #[error("the balance of account {account} cannot be read: {cause}")]
    Read { account: AccountId, cause: String },
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

impl Run {
    /// Resets the target, runs every workload, and reads the balances again.
    /// Returns the time from the first iteration to the last.
    pub async fn execute(self) -> Result<Duration, RunError> {
        let mut client = Client::new(self.service.target().clone(), self.scenario.timeout);
        let initial = tokio::select! {
            initial = self.prepare(&mut client) => initial?,
            () = self.stop.halted() => return Err(RunError::Stopped),
        };
        let accounts: Vec<AccountId> = initial.keys().cloned().collect();
        self.emit(Event::Began { initial });
        let clock = Clock::start();
        let shared = Arc::new(Shared {
            service: self.service.clone(),
            timeout: self.scenario.timeout,
            clock,
            events: self.events.clone(),
            in_doubt: AtomicBool::new(false),
            run: fastrand::u64(..),
            operations: AtomicU64::new(0),
            unresolved: Mutex::default(),
        });

        let caretaker = self.caretaker(&shared, self.stop.child());
        self.program.setup(&caretaker).await.map_err(RunError::Script)?;
        let began = clock.now();
        let worked = self.work(&shared).await;
        let elapsed = clock.now() - began;
        // Torn down also after a failure, which then is the error to report.
        let caretaker = self.caretaker(&shared, Stop::new());
        let torn_down = self.program.teardown(&caretaker).await;
        worked.and(torn_down).map_err(RunError::Script)?;

        let balances = match shared.in_doubt.load(Ordering::Relaxed) {
            true => self.read_when_quiet(&mut client, accounts.iter()).await,
            false => self.read_all(&mut client, accounts.iter()).await,
        };
        self.resolve(&mut client, &shared).await;
        self.emit(Event::Ended { balances });
        Ok(elapsed)
    }

    /// Asks the service what became of the operations it never answered.
    async fn resolve(&self, client: &mut Client, shared: &Shared) {
        let unresolved = {
            let list = shared.unresolved.lock();
            std::mem::take(&mut *list.unwrap_or_else(|poisoned| poisoned.into_inner()))
        };
        for (operation, call) in unresolved {
            let key = shared.key(operation);
            let answer = self.service.stored_answer(client, &call, &key).await;
            if let Some((balance, to_balance)) = answer {
                let time = shared.clock.now();
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
    async fn prepare(&self, client: &mut Client) -> Result<BTreeMap<AccountId, Amount>, RunError> {
        let unreachable = |error: TransportError| RunError::Unreachable {
            url: self.service.target().to_string(),
            cause: error.to_string(),
        };
        client.connect().await.map_err(unreachable)?;
        let accounts = self.accounts();
        if accounts.is_empty() {
            return Ok(BTreeMap::new());
        }
        let stated = self.scenario.accounts.as_ref();
        let answer = self.service.reset(client, stated).await.map_err(unreachable)?;
        if !(200..300).contains(&answer.status) {
            let said = String::from_utf8_lossy(&answer.body);
            let said: String = said.chars().take(200).collect();
            let said = if said.is_empty() { said } else { format!(": {said}") };
            let url = self.service.target().to_string();
            return Err(RunError::Reset { url, status: answer.status, said });
        }
        let mut initial = BTreeMap::new();
        for account in accounts {
            let balance = self.service.read(client, &account).await.map_err(unreachable)?;
            let balance =
                balance.map_err(|cause| RunError::Read { account: account.clone(), cause })?;
            initial.insert(account, balance);
        }
        let wrong = discrepancies(stated, &initial);
        if wrong.is_empty() { Ok(initial) } else { Err(RunError::NotAsStated(wrong)) }
    }

    /// The accounts to watch: those stated, else those the scenario touches.
    fn accounts(&self) -> BTreeSet<AccountId> {
        let mut accounts: BTreeSet<AccountId> =
            self.scenario.expect.balances.keys().cloned().collect();
        let set_aside = self.scenario.expect.set_aside.iter();
        accounts.extend(set_aside.flat_map(|void| void.balances.keys().cloned()));
        match &self.scenario.accounts {
            Some(stated) => accounts.extend(stated.keys().cloned()),
            None => accounts.extend(self.actions().flat_map(Action::accounts).cloned()),
        }
        accounts
    }

    fn actions(&self) -> impl Iterator<Item = &Action> {
        let bodies = self.scenario.workloads.iter().map(|workload| &workload.body);
        bodies
            .filter_map(|body| match body {
                Body::Operations { operations, .. } => Some(operations),
                Body::Function(_) => None,
            })
            .flatten()
            .map(|operation| &operation.action)
    }

    async fn work(&self, shared: &Arc<Shared>) -> Result<(), String> {
        let mut workloads = JoinSet::new();
        let mut first_process: u32 = 0;
        for (index, entry) in self.scenario.workloads.iter().enumerate() {
            let name: Arc<str> = entry.name.as_str().into();
            let crew = Arc::new(Crew {
                workload: index,
                name: name.clone(),
                tags: Tags::default().with([("scenario", name)]),
                first_process,
                shared: shared.clone(),
                program: self.program.clone(),
                stop: self.stop.child(),
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

    /// The virtual user of `setup` and `teardown`. The latter is not stopped with
    /// the others: what was set up is torn down also after Ctrl-C.
    fn caretaker(&self, shared: &Arc<Shared>, stop: Stop) -> Arc<Vu> {
        let workloads = &self.scenario.workloads;
        let vus = workloads.iter().map(|workload| workload.executor.vus());
        let process = vus.fold(0, u32::wrapping_add);
        let seat = VuSeat {
            workload: workloads.len(),
            workload_name: "setup".into(),
            number: 0,
            process,
            tags: Tags::default(),
        };
        Arc::new(Vu::new(seat, shared.clone(), stop))
    }

    /// Reads the accounts until two readings, [`QUIET`] apart, agree: a request
    /// whose answer never came may still be at work. Gives up after a few.
    async fn read_when_quiet<'a>(
        &self,
        client: &mut Client,
        accounts: impl Iterator<Item = &'a AccountId> + Clone,
    ) -> BTreeMap<AccountId, Amount> {
        let mut balances = self.read_all(client, accounts.clone()).await;
        for _ in 0..READINGS {
            tokio::time::sleep(QUIET).await;
            let again = self.read_all(client, accounts.clone()).await;
            if again == balances {
                break;
            }
            balances = again;
        }
        balances
    }

    async fn read_all<'a>(
        &self,
        client: &mut Client,
        accounts: impl Iterator<Item = &'a AccountId>,
    ) -> BTreeMap<AccountId, Amount> {
        let began = Instant::now();
        let mut balances = BTreeMap::new();
        for account in accounts {
            while !balances.contains_key(account) {
                match self.service.read(client, account).await {
                    Ok(Ok(balance)) => {
                        balances.insert(account.clone(), balance);
                    }
                    // Where one cannot be read, the others hardly can.
                    _ if began.elapsed() > READ_PATIENCE => return balances,
                    _ => tokio::time::sleep(READ_INTERVAL).await,
                }
            }
        }
        balances
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("scenario", &self.scenario.name).finish_non_exhaustive()
    }
}

fn discrepancies(
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
