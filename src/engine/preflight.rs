//! Before the first workload: each operation that the file declares with an
//! effect is sent once, alone, and the accounts are read before and after. What
//! the file promises is held against that elsewhere; here nothing is judged.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;

use super::books::{Accounts, Books};
use super::planned::{Planned, Step};
use super::run::{caretaker, discrepancies, watched_accounts, workload_processes};
use super::settle::{self, Patience, read_all, read_when_quiet};
use super::{Client, Cut, Hooks, Program, Service, Shared, Stop, Vu, VuSeat, workload_tags};
use crate::facts::{Trial, TrialLeg};
use crate::model::{AccountId, Amount, Call, Outcome};
use crate::scenario::Scenario;

/// Where accounts are read one at a time, so many are looked at beside those that
/// an operation is about.
const OTHERS: usize = 12;
/// How long accounts are watched with nothing sent, to see whether they change by
/// themselves.
const IDLE: Duration = Duration::from_millis(100);
const ACCEPTED: u16 = 202;

/// All that is needed to try the operations of a scenario, with a program of its
/// own: it is set up here, and once more in the run.
pub struct Preflight {
    pub scenario: Scenario,
    pub service: Service,
    pub program: Arc<dyn Program>,
    pub stop: Stop,
    /// Whether the accounts are reset at the end; else the run that follows does.
    pub resets_after: bool,
}

/// What was tried.
#[derive(Clone, Debug, Default)]
pub struct Preflighted {
    /// Twice those that were not as the file says the first time.
    pub trials: Vec<Trial>,
    pub untried: Vec<Untried>,
}

/// An operation of which nothing can be said, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untried {
    pub operation: Arc<str>,
    pub why: String,
}

/// A look at one operation.
enum Looked {
    Tried(Box<Trial>),
    Not(String),
    /// An answer never came: what it asked for may still be done, at any time.
    InDoubt(String),
}

impl Preflight {
    /// Resets the accounts, sets up, tries, and tears down. What the accounts hold
    /// then is for a reset to put right. The error says why nothing could be tried.
    pub async fn fly(self) -> Result<Preflighted, String> {
        let mut done = Preflighted::default();
        let mut open = self.operations();
        let planned = self
            .program
            .planned()
            .filter(|planned| open.iter().any(|name| planned.iteration_with(name, 0).is_some()));
        let Some(planned) = planned else {
            done.untried.extend(in_no_iteration(open));
            return Ok(done);
        };
        let mut client = self.service.client(self.scenario.timeout);
        client.connect().await.map_err(|error| error.to_string())?;
        let books = Books::of(&self.service, &self.scenario);
        let stated = self.scenario.accounts.as_ref();
        books.set(&mut client, stated).await.map_err(|error| error.to_string())?;
        let accounts = watched_accounts(&self.scenario);
        if !accounts.is_empty() || books.reads_all_at_once() {
            let read = books.read(&mut client, &accounts).await;
            let initial = read.map_err(|(_, error)| error.to_string())?;
            if !discrepancies(stated, &initial).is_empty() {
                return Err("after the reset the accounts are not as the file states".to_owned());
            }
        }
        // Nobody listens: what is tried here is no part of what is measured.
        let (events, _) = unbounded_channel();
        let workloads = self.scenario.workloads.len();
        let (timeout, stop) = (self.scenario.timeout, self.stop.child());
        let shared = Shared::new(self.service.clone(), timeout, events, stop, workloads);
        let shared = Arc::new(shared);
        let caretaker = caretaker(&self.scenario, &shared, shared.stop.child());
        self.program.setup(&caretaker).await?;
        let mut look = Look { flight: &self, planned, books, client, shared };
        look.all(&mut open, &mut done).await;
        let torn_down = self.program.teardown(&caretaker).await;
        done.untried.extend(in_no_iteration(open));
        if self.resets_after {
            let mut client = self.service.client(self.scenario.timeout);
            let books = Books::of(&self.service, &self.scenario);
            books.set(&mut client, stated).await.map_err(|error| error.to_string())?;
        }
        torn_down.map(|()| done)
    }

    /// The names of those that can be tried, in the order of the file.
    fn operations(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for declared in self.scenario.declared_with_effect() {
            if !names.contains(&declared.name) {
                names.push(declared.name.clone());
            }
        }
        names
    }
}

/// What it is looked at with.
struct Look<'a> {
    flight: &'a Preflight,
    planned: &'a Planned,
    books: Books,
    client: Client,
    shared: Arc<Shared>,
}

impl Look<'_> {
    /// Runs the smallest iterations that have them all in them. `open` keeps
    /// those that are in none.
    async fn all(&mut self, open: &mut Vec<Arc<str>>, done: &mut Preflighted) {
        while let Some((workload, number)) =
            open.iter().find_map(|name| self.planned.iteration_with(name, 0))
        {
            let looked = self.iteration(workload, number, open).await;
            let mut again = Vec::new();
            for (operation, looked) in looked {
                match looked {
                    Looked::Tried(trial) => {
                        if !trial.is_as_promised() {
                            again.push(operation);
                        }
                        done.trials.push(*trial);
                    }
                    Looked::Not(why) => done.untried.push(Untried { operation, why }),
                    Looked::InDoubt(why) => {
                        let rest = std::mem::take(open).into_iter();
                        done.untried.push(Untried { operation, why });
                        let why = "an answer before it never came".to_owned();
                        let untried = |operation| Untried { operation, why: why.clone() };
                        done.untried.extend(rest.map(untried));
                        let accounts = watched_accounts(&self.flight.scenario);
                        read_when_quiet(&self.books, &mut self.client, &accounts).await;
                        return;
                    }
                }
            }
            self.once_more(again, workload, number, done).await;
            if self.shared.stop.is_ending() {
                return;
            }
        }
    }

    /// A contradiction shows again, with another draw where there is one; a fault
    /// of the service seldom does.
    async fn once_more(
        &mut self,
        mut names: Vec<Arc<str>>,
        workload: usize,
        number: u64,
        done: &mut Preflighted,
    ) {
        while let Some(name) = names.first() {
            let next = self.planned.iteration_with(name, number + 1);
            let (workload, number) = next.unwrap_or((workload, number));
            let before = names.len();
            let looked = self.iteration(workload, number, &mut names).await;
            for (operation, looked) in looked {
                match looked {
                    Looked::Tried(trial) => done.trials.push(*trial),
                    Looked::Not(why) | Looked::InDoubt(why) => {
                        done.trials.retain(|trial| trial.operation != operation);
                        done.untried.push(Untried { operation, why });
                    }
                }
            }
            if names.len() == before {
                return;
            }
        }
    }

    /// One iteration, up to the last of the operations that are wanted. Those that
    /// it had are taken from `wanted`.
    async fn iteration(
        &mut self,
        workload: usize,
        number: u64,
        wanted: &mut Vec<Arc<str>>,
    ) -> Vec<(Arc<str>, Looked)> {
        let vu = self.vu(workload);
        let scope = self.planned.scope_of(&vu, number);
        let hooks = self.flight.program.hooks();
        let mut looked = Vec::new();
        let has = |wanted: &[Arc<str>], step: &Step| {
            step.with_effect().is_some_and(|declared| wanted.contains(&declared.name))
        };
        let steps = self.planned.steps_of(workload, number);
        let mut why_not = "the iteration ended before it".to_owned();
        for (index, step) in steps.iter().enumerate() {
            if !steps[index..].iter().any(|step| has(wanted, step)) {
                break;
            }
            let Some(declared) = step.with_effect() else {
                if let Err(cut) = step.perform(&vu, &scope, hooks.as_deref(), None).await {
                    why_not = told(cut);
                    break;
                }
                continue;
            };
            let (result, ends) = self.step(step, &vu, &scope, hooks.as_deref()).await;
            let in_doubt = matches!(result, Looked::InDoubt(_));
            if let Some(position) = wanted.iter().position(|name| *name == declared.name) {
                looked.push((wanted.remove(position), result));
            }
            if in_doubt {
                return looked;
            }
            if let Some(why) = ends {
                why_not = why;
                break;
            }
        }
        // Those that it should have had.
        for step in steps {
            if let Some(declared) = step.with_effect()
                && let Some(position) = wanted.iter().position(|name| *name == declared.name)
            {
                looked.push((wanted.remove(position), Looked::Not(why_not.clone())));
            }
        }
        looked
    }

    /// The operation between two readings. The text says why the iteration cannot
    /// go on after it.
    async fn step(
        &mut self,
        step: &Step,
        vu: &Arc<Vu>,
        scope: &Arc<crate::template::Scope>,
        hooks: Option<&dyn Hooks>,
    ) -> (Looked, Option<String>) {
        let prepared = match step.prepare(vu, scope) {
            Ok(prepared) => prepared,
            Err(cause) => return (Looked::Not(cause.clone()), Some(cause)),
        };
        let Some(call) = prepared.call.clone() else {
            return (Looked::Not("it has no effect".to_owned()), None);
        };
        if !prepared.legs.is_empty() || call.is_open() {
            let why = match call.is_open() {
                true => "only its answer tells what it adds",
                false => "it has several effects",
            };
            let ends = vu.perform(&prepared, hooks, None).await.err().map(told);
            return (Looked::Not(why.to_owned()), ends);
        }
        let accounts = self.accounts(&call);
        let before = read_all(&self.books, &mut self.client, &accounts).await;
        let done = match vu.perform(&prepared, hooks, None).await {
            Ok(done) => done,
            Err(cut) => {
                let why = told(cut);
                return (Looked::Not(why.clone()), Some(why));
            }
        };
        let error = || done.error.as_deref().unwrap_or("no answer").to_owned();
        if done.outcome == Outcome::Unknown {
            return (Looked::InDoubt(error()), Some(error()));
        }
        if let Some(missing) = accounts.iter().find(|account| !before.contains_key(account)) {
            return (Looked::Not(format!("account {missing} cannot be read")), None);
        }
        let [account, to] = legs(&call, prepared.is_reversed(), [done.balance, done.to_balance]);
        let Some(account) = account else { return (Looked::Not(error()), None) };
        let after = read_all(&self.books, &mut self.client, &accounts).await;
        let mut trial = Trial {
            operation: call.name.clone(),
            account,
            to,
            outcome: done.outcome,
            status: done.status,
            error: done.error.clone(),
            before,
            after,
        };
        if trial.is_as_promised() {
            // A refusal that changed nothing says nothing of the effect.
            return match done.outcome {
                Outcome::Ok => (Looked::Tried(Box::new(trial)), None),
                _ => (Looked::Not(format!("refused: {}", refusal(&trial))), None),
            };
        }
        let accepted = trial.status == Some(ACCEPTED);
        let patience = Patience::new(self.flight.scenario.settle, accepted);
        let first = std::mem::take(&mut trial.after);
        let agree =
            |after: &Accounts| Trial { after: after.clone(), ..trial.clone() }.is_as_promised();
        let (after, _) =
            settle::settle(first, patience, agree, &self.books, &mut self.client, vu.stop()).await;
        trial.after = after;
        if !trial.is_as_promised() && self.is_restless(&accounts).await {
            let why = "the accounts change by themselves, with nothing sent".to_owned();
            return (Looked::Not(why), None);
        }
        (Looked::Tried(Box::new(trial)), None)
    }

    /// Whether balances change while nothing is sent.
    async fn is_restless(&mut self, accounts: &BTreeSet<AccountId>) -> bool {
        let before = read_all(&self.books, &mut self.client, accounts).await;
        tokio::time::sleep(IDLE).await;
        read_all(&self.books, &mut self.client, accounts).await != before
    }

    /// Those that the call is about, and others, to see where else it went.
    fn accounts(&self, call: &Call) -> BTreeSet<AccountId> {
        let own = call.kind.legs().map(|(account, _)| account.clone());
        let most = if self.books.reads_all_at_once() { usize::MAX } else { OTHERS };
        own.chain(watched_accounts(&self.flight.scenario).into_iter().take(most)).collect()
    }

    /// The first virtual user of the workload.
    fn vu(&self, workload: usize) -> Arc<Vu> {
        let workloads = &self.flight.scenario.workloads;
        let entry = &workloads[workload];
        let seat = VuSeat {
            workload,
            workload_name: entry.name.as_str().into(),
            number: 0,
            process: workload_processes(&workloads[..workload]),
            tags: workload_tags(entry),
        };
        Arc::new(Vu::new(seat, self.shared.clone(), self.shared.stop.child()))
    }
}

fn in_no_iteration(names: Vec<Arc<str>>) -> impl Iterator<Item = Untried> {
    let why = "no iteration of the file runs it (what a script calls is not tried)";
    names.into_iter().map(move |operation| Untried { operation, why: why.to_owned() })
}

/// The accounts of a call as the file names them, with what it says of them.
fn legs(call: &Call, reversed: bool, balances: [Option<Amount>; 2]) -> [Option<TrialLeg>; 2] {
    let mut legs = call.kind.legs().zip(balances).map(|((account, delta), balance)| TrialLeg {
        account: account.clone(),
        delta,
        balance,
    });
    let (first, second) = (legs.next(), legs.next());
    if reversed { [second, first] } else { [first, second] }
}

fn told(cut: Cut) -> String {
    match cut {
        Cut::Stopped => "it was stopped".to_owned(),
        Cut::Error(error) => error,
    }
}

fn refusal(trial: &Trial) -> String {
    match (&trial.error, trial.status) {
        (Some(error), _) => error.to_string(),
        (None, Some(status)) => format!("status {status}"),
        (None, None) => "no status".to_owned(),
    }
}

impl std::fmt::Debug for Preflight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preflight").field("scenario", &self.scenario.name).finish_non_exhaustive()
    }
}
