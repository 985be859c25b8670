use std::sync::{Arc, OnceLock};

use super::form::Form;
use super::operate::Done;
use super::{Behaviour, BoxFuture, Cut, Hooks, Prepared, Program, Service, Vu};
use crate::facts::Tags;
use crate::model::{Outcome, Pause};
use crate::plan::{self, VuPlan, WorkloadPlan};
use crate::scenario::{Action, Body, Declared, Operation, Retry, Scenario};
use crate::template::{Dice, Globals, Place, Scope};

/// Iterations looked through for one that runs a certain operation.
const SOUGHT: u64 = 100_000;

/// The program of a scenario file: its operations, as the plan draws them.
#[derive(Debug)]
pub struct Planned {
    workloads: Vec<(WorkloadPlan, Arc<Steps>)>,
    setup: Vec<Step>,
    teardown: Vec<Step>,
    /// What the file gives to all templates.
    given: Arc<Globals>,
    /// The same with what `setup` captured.
    globals: OnceLock<Arc<Globals>>,
}

#[derive(Debug)]
struct Steps {
    list: Vec<Step>,
    retry: Option<Retry>,
}

#[derive(Debug)]
pub(super) struct Step {
    action: Action,
    /// Where every call of the action is the same, it is made once.
    prepared: Option<Prepared>,
    /// Of a declared operation: what of its request is the same.
    form: Option<Form>,
    think: Option<Pause>,
    /// Those of the workload with those of the operation.
    tags: Tags,
}

/// One virtual user working through its plan.
struct Worker {
    plan: VuPlan,
    steps: Arc<Steps>,
    globals: Arc<Globals>,
    hooks: Option<Arc<dyn Hooks>>,
}

impl Planned {
    pub fn new(scenario: &Scenario, seed: u64, service: &Service) -> Self {
        let workloads = scenario.workloads.iter().enumerate().map(|(index, workload)| {
            let tags = workload_tags(workload);
            let list = match &workload.body {
                Body::Operations { operations, .. } => steps(operations, service, &tags),
                Body::Function(_) => Vec::new(),
            };
            let steps = Arc::new(Steps { list, retry: workload.retry });
            (WorkloadPlan::new(seed, index, workload), steps)
        });
        Self {
            workloads: workloads.collect(),
            setup: steps(&scenario.setup, service, &Tags::default()),
            teardown: steps(&scenario.teardown, service, &Tags::default()),
            given: Arc::new(plan::globals(scenario, seed)),
            globals: OnceLock::new(),
        }
    }

    /// The virtual user's share of the plan, with hooks around each request.
    pub fn hooked(&self, vu: &Vu, hooks: Option<Arc<dyn Hooks>>) -> Box<dyn Behaviour> {
        let (plan, steps) = &self.workloads[vu.seat.workload];
        let globals = self.globals().clone();
        Box::new(Worker { plan: plan.for_vu(vu.seat.number), steps: steps.clone(), globals, hooks })
    }

    /// What a script's calls of declared operations see in iteration `number`: the
    /// same as the file's own, with random numbers of their own.
    pub fn scope(&self, vu: &Vu, number: u64) -> Arc<Scope> {
        let (place, mut random) = match self.workloads.get(vu.seat.workload) {
            Some((plan, _)) => {
                let plan = plan.numbers_of(vu.seat.number);
                (place(vu, &plan, number), plan.random(number))
            }
            // Of `setup` and the like.
            None => {
                let scenario = vu.seat.workload_name.clone();
                (Place { scenario, ..Place::default() }, fastrand::Rng::with_seed(0))
            }
        };
        Arc::new(Scope::new(place, Dice::new(random.fork()), self.globals()))
    }

    /// The first iteration, from `from` on, of the first virtual user of a workload
    /// that runs the operation: the workload's position, and its number.
    pub(super) fn iteration_with(&self, operation: &str, from: u64) -> Option<(usize, u64)> {
        let is_it = |step: &Step| step.with_effect().is_some_and(|it| &*it.name == operation);
        self.workloads.iter().enumerate().find_map(|(workload, (plan, steps))| {
            if !steps.list.iter().any(is_it) {
                return None;
            }
            let plan = plan.for_vu(0);
            let has = |number: &u64| steps.list[plan.iteration(*number)].iter().any(is_it);
            Some((workload, (from..from.saturating_add(SOUGHT)).find(has)?))
        })
    }

    /// The steps of an iteration of the workload's first virtual user.
    pub(super) fn steps_of(&self, workload: usize, number: u64) -> &[Step] {
        let (plan, steps) = &self.workloads[workload];
        &steps.list[plan.for_vu(0).iteration(number)]
    }

    /// What the templates of that iteration see.
    pub(super) fn scope_of(&self, vu: &Vu, number: u64) -> Arc<Scope> {
        let plan = self.workloads[vu.seat.workload].0.for_vu(vu.seat.number);
        iteration_scope(vu, &plan, number, self.globals())
    }

    fn globals(&self) -> &Arc<Globals> {
        self.globals.get().unwrap_or(&self.given)
    }

    /// Runs steps once, one after another. Returns the scope they leave. The
    /// error names the step that did not do what it was to do.
    async fn once(&self, what: &str, steps: &[Step], vu: &Arc<Vu>) -> Result<Arc<Scope>, String> {
        let place = Place { scenario: what.into(), ..Place::default() };
        let dice = Dice::new(fastrand::Rng::with_seed(0));
        let scope = Arc::new(Scope::new(place, dice, self.globals()));
        for (index, step) in steps.iter().enumerate() {
            match step.run(vu, &scope, None, None).await {
                Ok((Outcome::Ok, _)) => {}
                Ok((_, error)) => {
                    let error = error.unwrap_or_else(|| format!("{}: refused", step.action.name()));
                    return Err(format!("{what}[{index}]: {error}"));
                }
                // Stopped: what comes after it will say so.
                Err(Cut::Stopped) => break,
                Err(Cut::Error(error)) => return Err(format!("{what}[{index}]: {error}")),
            }
        }
        Ok(scope)
    }
}

fn place(vu: &Vu, plan: &VuPlan, number: u64) -> Place {
    Place {
        vu: u64::from(vu.seat.process) + 1,
        iteration: number,
        scenario: vu.seat.workload_name.clone(),
        of_all: plan.of_all(number),
    }
}

fn iteration_scope(vu: &Vu, plan: &VuPlan, number: u64, globals: &Arc<Globals>) -> Arc<Scope> {
    let dice = Dice::new(plan.random(number));
    Arc::new(Scope::new(place(vu, plan, number), dice, globals))
}

/// What all samples of a workload carry.
pub fn workload_tags(workload: &crate::scenario::Workload) -> Tags {
    let tags = Tags::default().with([("scenario", workload.name.as_str())]);
    if workload.tags.is_empty() { tags } else { tags.with(workload.tags.iter().cloned()) }
}

impl Program for Planned {
    fn setup<'a>(&'a self, vu: &'a Arc<Vu>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            if self.setup.is_empty() {
                return Ok(());
            }
            let scope = self.once("setup", &self.setup, vu).await?;
            let mut globals = (*self.given).clone();
            globals.values.extend(scope.own());
            // Set once: a run has one setup.
            let _ = self.globals.set(Arc::new(globals));
            Ok(())
        })
    }

    fn behaviour(&self, vu: &Arc<Vu>) -> Result<Box<dyn Behaviour>, String> {
        Ok(self.hooked(vu, None))
    }

    fn planned(&self) -> Option<&Planned> {
        Some(self)
    }

    fn teardown<'a>(&'a self, vu: &'a Arc<Vu>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { self.once("teardown", &self.teardown, vu).await.map(drop) })
    }
}

impl Behaviour for Worker {
    fn iterate<'a>(&'a mut self, vu: &'a Arc<Vu>, number: u64) -> BoxFuture<'a, Result<(), Cut>> {
        Box::pin(async move {
            let scope = iteration_scope(vu, &self.plan, number, &self.globals);
            for step in &self.steps.list[self.plan.iteration(number)] {
                step.run(vu, &scope, self.hooks.as_deref(), self.steps.retry).await?;
            }
            Ok(())
        })
    }
}

impl Step {
    /// Draws it, runs it, and pauses. Returns how it ended.
    async fn run(
        &self,
        vu: &Arc<Vu>,
        scope: &Arc<Scope>,
        hooks: Option<&dyn Hooks>,
        retry: Option<Retry>,
    ) -> Result<(Outcome, Option<String>), Cut> {
        let done = self.perform(vu, scope, hooks, retry).await?;
        if let Some(think) = self.think {
            let length = think.draw(&mut scope.dice().roll());
            vu.pause(length).await?;
        }
        Ok((done.outcome, done.error.map(|error| error.to_string())))
    }

    /// The same without the pause.
    pub(super) async fn perform(
        &self,
        vu: &Arc<Vu>,
        scope: &Arc<Scope>,
        hooks: Option<&dyn Hooks>,
        retry: Option<Retry>,
    ) -> Result<Done, Cut> {
        match &self.prepared {
            Some(prepared) => vu.perform(prepared, hooks, retry).await,
            None => {
                let drawn = self.prepare(vu, scope).map_err(Cut::Error)?;
                vu.perform(&drawn, hooks, retry).await
            }
        }
    }

    /// The declared operation that it is, where it has an effect.
    pub(super) fn with_effect(&self) -> Option<&Declared> {
        match &self.action {
            Action::Declared(used) => Some(&*used.operation).filter(|it| !it.effects.is_empty()),
            Action::Deposit { .. }
            | Action::Withdraw { .. }
            | Action::Transfer { .. }
            | Action::Balance { .. }
            | Action::Accounts
            | Action::Templated(_) => None,
        }
    }

    pub(super) fn prepare(&self, vu: &Vu, scope: &Arc<Scope>) -> Result<Prepared, String> {
        vu.prepare(plan::draw(&self.action, scope)?, scope, &self.tags, self.form.as_ref())
    }
}

fn steps(operations: &[Operation], service: &Service, tags: &Tags) -> Vec<Step> {
    operations.iter().map(|operation| step(operation, service, tags)).collect()
}

fn step(operation: &Operation, service: &Service, tags: &Tags) -> Step {
    let action = operation.action.clone();
    let tags = match operation.tags.is_empty() {
        true => tags.clone(),
        false => tags.with(operation.tags.iter().cloned()),
    };
    // Of a fixed amount every draw is the same.
    let call = match action.is_fixed() {
        true => action.draw(&mut fastrand::Rng::with_seed(0)),
        false => None,
    };
    let prepared = call
        .filter(|call| call.is_update() || service.read_rule().is_none())
        .map(|call| service.prepare(call, &tags));
    let form = match &action {
        // What is wrong with it is told when it is sent.
        Action::Declared(used) => Form::of_declared(service, &used.operation, &tags).ok(),
        _ => None,
    };
    Step { action, prepared, form, think: operation.think, tags }
}
