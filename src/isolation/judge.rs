//! Whether a run can be told from the sessions running one after the other.

use std::collections::BTreeMap;

use super::IsolationError;
use super::lab::{Attempt, Lab};
use super::mask::Mask;
use super::orders::permutations;
use super::outcome::{Run, StatementResult, StepReport, StepResult, TableState};
use super::spec::{Order, Spec, StepId};

/// What a run shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It equals the sessions in this order, one after the other. Sessions that
    /// the database refused are not among them.
    Serializable(Vec<usize>),
    NotSerializable(Failure),
    /// It cannot be compared, for this reason.
    NotJudged(String),
}

/// How a run differs from every serial order of the sessions that took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No serial order leaves these rows in this table (nor these in all others).
    State {
        /// A table that is in no serial order as it is here; `None`: each table by
        /// itself is, but not all of them in one and the same order.
        table: Option<TableDifference>,
    },
    /// The tables are right, but no serial order that leads to them gives these
    /// answers.
    Answers {
        /// Steps whose answer is in no serial order as it is here; or, where there is
        /// none, those that no serial order lets answer so together.
        steps: Vec<AnswerDifference>,
        /// Whether each of these answers by itself is in some serial order.
        together: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDifference {
    pub name: String,
    pub found: TableState,
    /// Each once, by serial order.
    pub expected: Vec<TableState>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerDifference {
    pub id: StepId,
    /// What it answered in the serial orders, each once.
    pub expected: Vec<StepResult>,
}

/// The serial runs of a specification, made when they are asked for.
pub(super) struct Judge<'a> {
    spec: &'a Spec,
    mask: Mask,
    /// By the steps of each session, and the order of the sessions that take part.
    serial: BTreeMap<(Vec<Order>, Vec<usize>), Run>,
    /// What has been run twice, to see what differs by itself.
    learnt: Vec<Vec<Order>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(spec: &'a Spec) -> Self {
        Self { spec, mask: Mask::default(), serial: BTreeMap::new(), learnt: Vec::new() }
    }

    /// The columns that are left out of the comparison.
    pub(super) fn ignored(&self) -> Vec<String> {
        self.mask.names(self.spec)
    }

    pub(super) async fn judge(
        &mut self,
        lab: &mut Lab<'_>,
        run: &Run,
    ) -> Result<Judgement, IsolationError> {
        if let Some(step) = run.steps.iter().find(|step| step.result == StepResult::Waiting) {
            let name = &self.spec.step(step.id).name;
            return Ok(Judgement::NotJudged(format!("{name} still waited at the end")));
        }
        if let Some(session) = run.partial.iter().position(|partial| *partial) {
            let name = &self.spec.sessions[session].name;
            return Ok(Judgement::NotJudged(format!(
                "session {name} was refused in one transaction and took effect in another"
            )));
        }
        let order: Order = run.steps.iter().map(|step| step.id).collect();
        let programs = self.spec.programs(&order);
        let took_effect: Vec<usize> = (0..programs.len())
            .filter(|session| !run.refused[*session] && !programs[*session].is_empty())
            .collect();
        let orders = permutations(&took_effect);
        for order in &orders {
            if let Some(reason) = self.prepare(lab, &programs, order).await? {
                return Ok(Judgement::NotJudged(reason));
            }
        }
        let serial: Vec<&Run> =
            orders.iter().map(|order| &self.serial[&(programs.clone(), order.clone())]).collect();
        for (order, serial) in orders.iter().zip(&serial) {
            if self.same_state(run, serial) && self.same_answers(run, serial) {
                return Ok(Judgement::Serializable(order.clone()));
            }
        }
        Ok(Judgement::NotSerializable(self.failure(run, &serial)))
    }

    /// Makes the serial run of `order`. Returns why it cannot be compared with.
    async fn prepare(
        &mut self,
        lab: &mut Lab<'_>,
        programs: &[Order],
        order: &[usize],
    ) -> Result<Option<String>, IsolationError> {
        let key = (programs.to_vec(), order.to_vec());
        if self.serial.contains_key(&key) {
            return Ok(None);
        }
        let steps: Order = order.iter().flat_map(|session| programs[*session].clone()).collect();
        let first = match lab.run(&steps).await? {
            Attempt::Ran(run) => run,
            Attempt::Impossible { .. } => {
                return Ok(Some("the sessions cannot run one after the other".to_owned()));
            }
        };
        if first.steps.iter().any(|step| step.waited || step.result == StepResult::Waiting) {
            return Ok(Some(
                "a session leaves its transaction open, and the next one waits for it, also when \
                 they run one after the other"
                    .to_owned(),
            ));
        }
        let whole = programs.to_vec();
        if !self.learnt.contains(&whole) {
            if let Attempt::Ran(second) = lab.run(&steps).await? {
                self.mask.learn(self.spec, &first, &second)?;
            }
            self.learnt.push(whole);
        }
        self.serial.insert(key, first);
        Ok(None)
    }

    fn failure(&self, run: &Run, serial: &[&Run]) -> Failure {
        let right: Vec<&&Run> =
            serial.iter().filter(|serial| self.same_state(run, serial)).collect();
        if right.is_empty() {
            let nowhere = run
                .state
                .iter()
                .find(|(name, _)| !serial.iter().any(|serial| self.same_table(run, serial, name)));
            let table = nowhere.map(|(name, found)| TableDifference {
                name: name.clone(),
                found: found.clone(),
                expected: distinct(serial.iter().filter_map(|run| run.state.get(name).cloned())),
            });
            return Failure::State { table };
        }
        let difference = |step: &StepReport| AnswerDifference {
            id: step.id,
            expected: distinct(right.iter().filter_map(|run| answer_of(run, step.id)).cloned()),
        };
        let somewhere = |step: &StepReport| right.iter().any(|run| self.same_answer(step, run));
        let everywhere = |step: &StepReport| right.iter().all(|run| self.same_answer(step, run));
        let counted = || run.steps.iter().filter(|step| self.counts(run, step));
        let steps: Vec<_> = counted().filter(|step| !somewhere(step)).map(difference).collect();
        if !steps.is_empty() {
            return Failure::Answers { steps, together: false };
        }
        let steps = counted().filter(|step| !everywhere(step)).map(difference).collect();
        Failure::Answers { steps, together: true }
    }

    fn same_state(&self, run: &Run, serial: &Run) -> bool {
        run.state.len() == serial.state.len()
            && run.state.keys().all(|name| self.same_table(run, serial, name))
    }

    fn same_table(&self, run: &Run, serial: &Run, name: &str) -> bool {
        let Some((ours, theirs)) = run.state.get(name).zip(serial.state.get(name)) else {
            return false;
        };
        ours.columns == theirs.columns
            && self.mask.table(name, ours) == self.mask.table(name, theirs)
    }

    fn same_answers(&self, run: &Run, serial: &Run) -> bool {
        let mut steps = run.steps.iter().filter(|step| self.counts(run, step));
        steps.all(|step| self.same_answer(step, serial))
    }

    /// What a refused transaction has read does not matter.
    fn counts(&self, run: &Run, step: &StepReport) -> bool {
        !run.refused[step.id.session]
    }

    fn same_answer(&self, step: &StepReport, serial: &Run) -> bool {
        match (&step.result, answer_of(serial, step.id)) {
            (StepResult::Ok(ours), Some(StepResult::Ok(theirs))) => {
                ours.len() == theirs.len()
                    && ours.iter().zip(theirs).enumerate().all(|(statement, pair)| match pair {
                        (
                            StatementResult::Rows { columns, rows },
                            StatementResult::Rows { columns: other, rows: expected },
                        ) => {
                            let seen = |rows| self.mask.answer(self.spec, step.id, statement, rows);
                            columns == other && seen(rows) == seen(expected)
                        }
                        (ours, theirs) => ours == theirs,
                    })
            }
            (StepResult::Failed(ours), Some(StepResult::Failed(theirs))) => {
                ours.code == theirs.code
            }
            (StepResult::Ok(_) | StepResult::Failed(_) | StepResult::Waiting, _) => false,
        }
    }
}

fn answer_of(run: &Run, id: StepId) -> Option<&StepResult> {
    run.steps.iter().find(|step| step.id == id).map(|step| &step.result)
}

fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for item in items {
        if !found.contains(&item) {
            found.push(item);
        }
    }
    found
}
