use std::ops::Range;
use std::sync::Arc;

use super::draw;
use crate::scenario::{Body, Executor, Selection, Workload};

/// Which operations each iteration of one workload runs.
#[derive(Clone, Debug)]
pub struct WorkloadPlan {
    stream: (u64, u64),
    executor: Executor,
    choice: Choice,
}

#[derive(Clone, Debug)]
enum Choice {
    /// Nothing to choose: a script decides.
    Script,
    /// Every iteration runs the operations `0..n` in order.
    InOrder(usize),
    Weighted(Arc<[u32]>),
    /// One order for all virtual users: iteration `i` runs the operation `order[i]`.
    SharedOrder(Arc<[u16]>),
    /// Each virtual user has so many of each, in an order of its own.
    OwnOrder(Arc<[u64]>),
}

impl WorkloadPlan {
    /// The plan of the workload at `index` in its scenario.
    pub fn new(seed: u64, index: usize, workload: &Workload) -> Self {
        let stream = (seed, index as u64);
        let executor = workload.executor.clone();
        let choice = match &workload.body {
            Body::Function(_) => Choice::Script,
            Body::Operations { operations, selection } => match selection {
                Selection::InOrder => Choice::InOrder(operations.len()),
                Selection::Weight(weights) => Choice::Weighted(weights.as_slice().into()),
                Selection::Count(counts) => match executor {
                    Executor::SharedIterations { .. } => {
                        Choice::SharedOrder(shuffled(counts, seed, &[stream.1]).into())
                    }
                    _ => Choice::OwnOrder(counts.as_slice().into()),
                },
            },
        };
        Self { stream, executor, choice }
    }

    /// The share of virtual user `vu` (from 0 within the workload).
    pub fn for_vu(&self, vu: u32) -> VuPlan {
        let (seed, index) = self.stream;
        let choice = match &self.choice {
            Choice::OwnOrder(counts) => {
                Choice::SharedOrder(shuffled(counts, seed, &[index, u64::from(vu) + 1]).into())
            }
            choice => choice.clone(),
        };
        VuPlan { choice, ..self.numbers_of(vu) }
    }

    /// The same without the operations: its numbers alone.
    pub fn numbers_of(&self, vu: u32) -> VuPlan {
        let (seed, index) = self.stream;
        // Iterations that are numbered across virtual users have one lane.
        let lane = if self.executor.shares_iterations() { 0 } else { u64::from(vu) + 1 };
        let vus = u64::from(self.executor.vus());
        VuPlan { seed, place: [index, lane], vus, choice: Choice::Script }
    }
}

/// Which operations each iteration of one virtual user runs.
#[derive(Clone, Debug)]
pub struct VuPlan {
    seed: u64,
    place: [u64; 2],
    vus: u64,
    choice: Choice,
}

impl VuPlan {
    /// The operations of iteration `number`, as positions in the workload's list.
    pub fn iteration(&self, number: u64) -> Range<usize> {
        let one = |index: usize| index..index + 1;
        match &self.choice {
            Choice::Script | Choice::OwnOrder(_) => 0..0,
            Choice::InOrder(length) => 0..*length,
            Choice::Weighted(weights) => one(draw::weighted(weights, &mut self.random(number))),
            Choice::SharedOrder(order) => usize::try_from(number)
                .ok()
                .and_then(|number| order.get(number))
                .map_or(0..0, |index| one(usize::from(*index))),
        }
    }

    /// Whether its iterations are those of all virtual users together.
    pub fn is_shared(&self) -> bool {
        self.place[1] == 0
    }

    /// A number that iteration `number` shares with no other of the workload, as
    /// far as its virtual users keep step.
    pub fn of_all(&self, number: u64) -> u64 {
        match self.place[1] {
            0 => number,
            lane => number.saturating_mul(self.vus).saturating_add(lane - 1),
        }
    }

    /// A stream of random numbers for what else iteration `number` draws (think times).
    pub fn random(&self, number: u64) -> fastrand::Rng {
        let [index, lane] = self.place;
        draw::stream(self.seed, &[index, lane, number])
    }
}

/// `counts[i]` times the number `i`, in an order that depends on seed and place alone.
fn shuffled(counts: &[u64], seed: u64, place: &[u64]) -> Vec<u16> {
    let mut order = Vec::new();
    for (index, count) in (0u16..).zip(counts) {
        order.extend(std::iter::repeat_n(index, usize::try_from(*count).unwrap_or(usize::MAX)));
    }
    draw::stream(seed, place).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{AccountId, AmountRange};
    use crate::scenario::{Action, Operation};

    fn workload(executor: Executor, selection: Selection) -> Workload {
        let account = AccountId::from(1);
        let action = |amount| Action::Deposit {
            account: account.clone(),
            amount: AmountRange::fixed(amount),
        };
        let operations = (1..=2)
            .map(|n| Operation { action: action(n), think: None, tags: Vec::new() })
            .collect();
        Workload {
            name: "w".into(),
            executor,
            start_time: Duration::ZERO,
            graceful_stop: Duration::ZERO,
            retry: None,
            tags: Vec::new(),
            body: Body::Operations { operations, selection },
        }
    }

    fn shared(iterations: u64) -> Executor {
        Executor::SharedIterations { vus: 10, iterations, max_duration: Duration::MAX }
    }

    fn run(plan: &WorkloadPlan, vu: u32, iterations: u64) -> Vec<usize> {
        let vu = plan.for_vu(vu);
        (0..iterations).flat_map(|number| vu.iteration(number)).collect()
    }

    #[test]
    fn counts_are_exact_and_the_order_depends_on_the_seed_alone() {
        let workload = workload(shared(150), Selection::Count(vec![100, 50]));
        let first = run(&WorkloadPlan::new(1, 0, &workload), 3, 150);
        assert_eq!(first.iter().filter(|index| **index == 0).count(), 100);
        assert_eq!(first.iter().filter(|index| **index == 1).count(), 50);
        assert_ne!(first[..100], [0; 100], "the order is shuffled");
        assert_eq!(first, run(&WorkloadPlan::new(1, 0, &workload), 7, 150), "one pot for all VUs");
        assert_ne!(first, run(&WorkloadPlan::new(2, 0, &workload), 3, 150));
        assert_ne!(first, run(&WorkloadPlan::new(1, 1, &workload), 3, 150));
    }

    #[test]
    fn per_vu_counts_hold_for_each_vu_in_its_own_order() {
        let executor =
            Executor::PerVuIterations { vus: 2, iterations: 60, max_duration: Duration::MAX };
        let workload = workload(executor, Selection::Count(vec![40, 20]));
        let plan = WorkloadPlan::new(1, 0, &workload);
        let (a, b) = (run(&plan, 0, 60), run(&plan, 1, 60));
        assert_eq!(a.iter().sum::<usize>(), 20);
        assert_eq!(b.iter().sum::<usize>(), 20);
        assert_ne!(a, b);
        assert_eq!(workload.planned_operations(), Some(120));
    }

    #[test]
    fn weights_are_drawn_in_proportion_and_again_the_same() {
        let plan = WorkloadPlan::new(1, 0, &workload(shared(9), Selection::Weight(vec![3, 1])));
        let drawn = run(&plan, 0, 10_000);
        let second = drawn.iter().sum::<usize>();
        assert!((2_200..2_800).contains(&second), "{second} of 10000 drew a weight of 1 in 4");
        assert_eq!(drawn, run(&plan, 5, 10_000));
    }

    #[test]
    fn what_is_due_is_drawn_by_its_number_whoever_runs_it() {
        let second = Duration::from_secs(1);
        let pool = crate::scenario::VuPool { pre_allocated: 1, max: 9 };
        let executor =
            Executor::ConstantArrivalRate { rate: 9, time_unit: second, duration: second, pool };
        let plan = WorkloadPlan::new(1, 0, &workload(executor, Selection::Weight(vec![1, 1])));
        let drawn = run(&plan, 0, 100);
        assert_eq!(drawn, run(&plan, 7, 100));
        assert!(drawn.contains(&0) && drawn.contains(&1));
    }

    #[test]
    fn in_order_runs_the_whole_list() {
        let workload = workload(shared(3), Selection::InOrder);
        let plan = WorkloadPlan::new(1, 0, &workload);
        assert_eq!(run(&plan, 0, 3), [0, 1, 0, 1, 0, 1]);
        assert_eq!(workload.planned_operations(), Some(6));
    }
}
