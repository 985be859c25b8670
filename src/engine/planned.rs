use std::sync::Arc;

use super::{Behaviour, BoxFuture, Cut, Hooks, Prepared, Program, Service, Vu};
use crate::model::Pause;
use crate::plan::{VuPlan, WorkloadPlan};
use crate::scenario::{Body, Scenario};

/// The program of a scenario file: its operations, as the plan draws them.
#[derive(Debug)]
pub struct Planned {
    workloads: Vec<(WorkloadPlan, Arc<[Step]>)>,
}

#[derive(Debug)]
struct Step {
    operation: Prepared,
    think: Option<Pause>,
}

/// One virtual user working through its plan.
struct Worker {
    plan: VuPlan,
    steps: Arc<[Step]>,
    hooks: Option<Arc<dyn Hooks>>,
}

impl Planned {
    pub fn new(scenario: &Scenario, seed: u64, service: &Service) -> Self {
        let workloads = scenario.workloads.iter().enumerate().map(|(index, workload)| {
            let steps = match &workload.body {
                Body::Operations { operations, .. } => operations
                    .iter()
                    .map(|operation| Step {
                        operation: service.prepare(operation.action.clone()),
                        think: operation.think,
                    })
                    .collect(),
                Body::Function(_) => Arc::default(),
            };
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
            for step in &self.steps[self.plan.iteration(number)] {
                match &self.hooks {
                    None => vu.operate(&step.operation).await.map(drop)?,
                    Some(hooks) => {
                        vu.operate_hooked(&step.operation, hooks.as_ref()).await.map(drop)?
                    }
                }
                if let Some(think) = step.think {
                    vu.pause(think.draw(&mut random)).await?;
                }
            }
            Ok(())
        })
    }
}
