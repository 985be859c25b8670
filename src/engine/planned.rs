use std::sync::Arc;

use super::{Behaviour, BoxFuture, Cut, Hooks, Prepared, Program, Service, Vu};
use crate::facts::Tags;
use crate::model::Pause;
use crate::plan::{VuPlan, WorkloadPlan};
use crate::scenario::{Action, Body, Operation, Retry, Scenario};

/// The program of a scenario file: its operations, as the plan draws them.
#[derive(Debug)]
pub struct Planned {
    workloads: Vec<(WorkloadPlan, Arc<Steps>)>,
}

#[derive(Debug)]
struct Steps {
    list: Vec<Step>,
    retry: Option<Retry>,
}

#[derive(Debug)]
struct Step {
    action: Action,
    /// Where every call of the action is the same, it is made once.
    prepared: Option<Prepared>,
    think: Option<Pause>,
}

/// One virtual user working through its plan.
struct Worker {
    plan: VuPlan,
    steps: Arc<Steps>,
    hooks: Option<Arc<dyn Hooks>>,
}

impl Planned {
    pub fn new(scenario: &Scenario, seed: u64, service: &Service) -> Self {
        let workloads = scenario.workloads.iter().enumerate().map(|(index, workload)| {
            let tags = Tags::default().with([("scenario", workload.name.as_str())]);
            let list = match &workload.body {
                Body::Operations { operations, .. } => {
                    operations.iter().map(|operation| step(operation, service, &tags)).collect()
                }
                Body::Function(_) => Vec::new(),
            };
            let steps = Arc::new(Steps { list, retry: workload.retry });
            (WorkloadPlan::new(seed, index, workload), steps)
        });
        Self { workloads: workloads.collect() }
    }

    /// The virtual user's share of the plan, with hooks around each request.
    pub fn hooked(&self, vu: &Vu, hooks: Option<Arc<dyn Hooks>>) -> Box<dyn Behaviour> {
        let (plan, steps) = &self.workloads[vu.seat.workload];
        Box::new(Worker { plan: plan.for_vu(vu.seat.number), steps: steps.clone(), hooks })
    }
}

impl Program for Planned {
    fn behaviour(&self, vu: &Arc<Vu>) -> Result<Box<dyn Behaviour>, String> {
        Ok(self.hooked(vu, None))
    }
}

impl Behaviour for Worker {
    fn iterate<'a>(&'a mut self, vu: &'a Arc<Vu>, number: u64) -> BoxFuture<'a, Result<(), Cut>> {
        Box::pin(async move {
            let mut random = self.plan.random(number);
            for step in &self.steps.list[self.plan.iteration(number)] {
                let drawn;
                let prepared = match &step.prepared {
                    Some(prepared) => prepared,
                    None => {
                        drawn = vu.service().prepare(step.action.draw(&mut random), &vu.seat.tags);
                        &drawn
                    }
                };
                vu.perform(prepared, self.hooks.as_deref(), self.steps.retry).await?;
                if let Some(think) = step.think {
                    vu.pause(think.draw(&mut random)).await?;
                }
            }
            Ok(())
        })
    }
}

fn step(operation: &Operation, service: &Service, tags: &Tags) -> Step {
    let action = operation.action.clone();
    // Of a fixed amount every draw is the same.
    let prepared = action
        .is_fixed()
        .then(|| service.prepare(action.draw(&mut fastrand::Rng::with_seed(0)), tags));
    Step { action, prepared, think: operation.think }
}
