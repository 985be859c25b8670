//! Runs one order of steps on connections of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio_postgres::Client;

use super::connection::{Answer, Connection, Transaction, execute, joined, results};
use super::outcome::{Run, SqlError, StepReport, StepResult};
use super::spec::{Spec, StepId};
use super::{IsolationError, IsolationLevel, Scratch, state};

/// How long an unanswered step is left alone before it is asked what it waits for.
pub(super) const GLANCE: Duration = Duration::from_millis(1);
/// How often it is asked again.
const INTERVAL: Duration = Duration::from_millis(2);
/// How long a step may take that no other session holds up.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// Who is held up, and by whom; soft blocks and SERIALIZABLE READ ONLY DEFERRABLE
/// included.
const BLOCKED: &str = "SELECT pid, pg_blocking_pids(pid) || pg_safe_snapshot_blocking_pids(pid) \
    FROM unnest($1::int[]) AS pid";
const TERMINATE: &str = "SELECT pg_terminate_backend($1)";
const IS_THERE: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)";

/// How an order went.
pub(super) enum Attempt {
    Ran(Run),
    /// The step at this position could not be sent: its session was still waiting
    /// for another one.
    Impossible {
        length: usize,
    },
}

/// A scratch database with a connection for each session, and one to look on.
pub(super) struct Lab<'a> {
    spec: &'a Spec,
    level: Option<IsolationLevel>,
    scratch: &'a Scratch,
    control: Client,
    sessions: Vec<Connection>,
}

/// A step that was sent and has not been answered.
struct UnderWay {
    position: usize,
    id: StepId,
    answer: JoinHandle<Answer>,
    waited: bool,
}

enum Glance {
    Ended(Answer),
    /// Held up by another session.
    Blocked,
}

impl<'a> Lab<'a> {
    /// Connects. With `level`, it stands wherever the specification names one, and
    /// is the default.
    pub(super) async fn open(
        spec: &'a Spec,
        scratch: &'a Scratch,
        level: Option<IsolationLevel>,
    ) -> Result<Self, IsolationError> {
        let control = scratch.connect().await?;
        let mut sessions = Vec::new();
        for _ in &spec.sessions {
            sessions.push(Connection::open(scratch, level).await?);
        }
        Ok(Self { spec, level, scratch, control, sessions })
    }

    /// Sets up, runs the steps in `order`, reads the tables, and tears down.
    pub(super) async fn run(&mut self, order: &[StepId]) -> Result<Attempt, IsolationError> {
        self.set_up(order).await?;
        let mut orders = Sending::new(order.len(), self.spec.sessions.len());
        let mut impossible = None;
        for (position, id) in order.iter().enumerate() {
            if !self.wait_for_session(&mut orders, id.session, position).await? {
                impossible = Some(position + 1);
                break;
            }
            self.send(&mut orders, position, *id).await?;
        }
        if impossible.is_none() {
            self.wait_for_the_rest(&mut orders).await?;
        }
        let state = self.end_sessions(&mut orders, impossible.is_none()).await?;
        self.tear_down().await?;
        Ok(match impossible {
            Some(length) => Attempt::Impossible { length },
            None => Attempt::Ran(orders.into_run(order, state)),
        })
    }

    async fn set_up(&mut self, order: &[StepId]) -> Result<(), IsolationError> {
        for (index, setup) in self.spec.setup.iter().enumerate() {
            let part = || format!("setup {}", index + 1);
            execute(&self.control, &self.leveled(setup), part).await?;
        }
        for (index, session) in self.spec.sessions.iter().enumerate() {
            // In a serial run of some sessions the others do nothing at all.
            let takes_part = order.iter().any(|id| id.session == index);
            if let Some(setup) = session.setup.as_ref().filter(|_| takes_part) {
                let part = || format!("the setup of session {}", session.name);
                execute(&self.sessions[index].client, &self.leveled(setup), part).await?;
                self.look_at_transaction(index).await?;
            }
        }
        Ok(())
    }

    async fn look_at_transaction(&mut self, session: usize) -> Result<Transaction, IsolationError> {
        let name = &self.spec.sessions[session].name;
        self.sessions[session].look_at_transaction(&self.control, name).await
    }

    fn leveled(&self, sql: &str) -> String {
        self.level.map_or_else(|| sql.to_owned(), |level| level.instead_in(sql))
    }

    /// Sends a step, and returns when it has ended or waits for another session.
    /// Then those that waited are looked at: it may have freed them.
    async fn send(
        &mut self,
        sending: &mut Sending,
        position: usize,
        id: StepId,
    ) -> Result<(), IsolationError> {
        let client = Arc::clone(&self.sessions[id.session].client);
        let sql = self.leveled(&self.spec.step(id).sql);
        let answer = tokio::spawn(async move { client.simple_query(&sql).await });
        sending.under_way.push(UnderWay { position, id, answer, waited: false });
        sending.sent = position;
        self.look_at_all(sending).await
    }

    /// Looks at all steps under way until each has ended or is blocked.
    async fn look_at_all(&mut self, sending: &mut Sending) -> Result<(), IsolationError> {
        loop {
            let mut ended = false;
            // The one that was sent last comes first: it may free the others.
            for mut step in std::mem::take(&mut sending.under_way).into_iter().rev() {
                match self.glance(&mut step).await? {
                    Glance::Ended(answer) => {
                        self.end(sending, &step, answer).await?;
                        ended = true;
                    }
                    Glance::Blocked => {
                        step.waited = true;
                        sending.under_way.insert(0, step);
                    }
                }
            }
            if !ended || sending.under_way.is_empty() {
                return Ok(());
            }
        }
    }

    /// Waits until the step has ended or is held up by another session.
    async fn glance(&self, step: &mut UnderWay) -> Result<Glance, IsolationError> {
        let began = Instant::now();
        let mut patience = GLANCE;
        loop {
            if let Ok(answer) = tokio::time::timeout(patience, &mut step.answer).await {
                return Ok(Glance::Ended(joined(answer)?));
            }
            patience = INTERVAL;
            let blockers = self.blockers(&[step.id.session]).await?;
            let (own, others) = &blockers[0];
            if !own.is_empty() {
                return Ok(Glance::Blocked);
            }
            if began.elapsed() > LIMIT {
                let by = match others.is_empty() {
                    true => String::new(),
                    false => format!("; process {} does", list(others)),
                };
                let step = self.spec.step(step.id).name.clone();
                return Err(IsolationError::TooSlow { step, limit: LIMIT, by });
            }
        }
    }

    /// For each of `waiting`: the sessions that hold it up, and other processes.
    async fn blockers(
        &self,
        waiting: &[usize],
    ) -> Result<Vec<(Vec<usize>, Vec<i32>)>, IsolationError> {
        let pids: Vec<i32> = waiting.iter().map(|session| self.sessions[*session].pid).collect();
        let rows = self.control.query(BLOCKED, &[&pids]).await?;
        let found: BTreeMap<i32, Vec<i32>> =
            rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let session_of = |pid: &i32| self.sessions.iter().position(|other| other.pid == *pid);
        let split = |pid: &i32| {
            let blocking = found.get(pid).map_or(&[][..], Vec::as_slice);
            let own = blocking.iter().filter_map(session_of).collect();
            let others = blocking.iter().filter(|pid| session_of(pid).is_none()).copied();
            (own, others.collect())
        };
        Ok(pids.iter().map(split).collect())
    }

    async fn end(
        &mut self,
        sending: &mut Sending,
        step: &UnderWay,
        answer: Answer,
    ) -> Result<(), IsolationError> {
        let session = step.id.session;
        let result = match answer {
            Ok(messages) => StepResult::Ok(results(messages)),
            Err(error) => match error.as_db_error() {
                Some(error) => StepResult::Failed(SqlError {
                    code: error.code().code().to_owned(),
                    message: error.message().to_owned(),
                }),
                None => return Err(error.into()),
            },
        };
        let before = self.sessions[session].transaction;
        let after = self.look_at_transaction(session).await?;
        match &result {
            StepResult::Failed(error) if error.is_refusal() => sending.refused[session] = true,
            // What ends outside of a transaction is there to stay, unless the
            // transaction had failed: then it was rolled back.
            StepResult::Ok(_) if after == Transaction::None && before != Transaction::Failed => {
                sending.kept[session] = true;
            }
            StepResult::Ok(_) | StepResult::Failed(_) | StepResult::Waiting => {}
        }
        sending.reports[step.position] = Some(StepReport {
            id: step.id,
            result,
            waited: step.waited,
            ended_after: sending.sent,
        });
        Ok(())
    }

    /// Whether the session can be sent another step. It waits for one that is
    /// under way, as long as only a deadlock among those that wait holds it up.
    async fn wait_for_session(
        &mut self,
        sending: &mut Sending,
        session: usize,
        position: usize,
    ) -> Result<bool, IsolationError> {
        let began = Instant::now();
        while sending.is_under_way(session) {
            if self.held_up_by_one_that_could_go_on(sending, session).await? {
                return Ok(false);
            }
            if began.elapsed() > LIMIT {
                let step = format!("before the one at position {}", position + 1);
                return Err(IsolationError::TooSlow { step, limit: LIMIT, by: String::new() });
            }
            tokio::time::sleep(INTERVAL).await;
            self.look_at_all(sending).await?;
        }
        Ok(true)
    }

    async fn held_up_by_one_that_could_go_on(
        &self,
        sending: &Sending,
        session: usize,
    ) -> Result<bool, IsolationError> {
        let waiting: Vec<usize> = sending.under_way.iter().map(|step| step.id.session).collect();
        let blockers = self.blockers(&waiting).await?;
        let of = |session: usize| waiting.iter().position(|other| *other == session);
        let mut reached = vec![session];
        let mut next = 0;
        while let Some(session) = reached.get(next).copied() {
            next += 1;
            let Some(index) = of(session) else { return Ok(true) };
            for blocker in &blockers[index].0 {
                if !reached.contains(blocker) {
                    reached.push(*blocker);
                }
            }
        }
        Ok(false)
    }

    /// All steps are sent: what still waits is held up for ever, or until the
    /// database finds a deadlock.
    async fn wait_for_the_rest(&mut self, sending: &mut Sending) -> Result<(), IsolationError> {
        while let Some(session) = sending.under_way.last().map(|step| step.id.session) {
            if !self.wait_for_session(sending, session, sending.sent).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Ends all transactions, and with their connections the steps that still wait. Returns the
    /// tables as they are then, if they are wanted.
    async fn end_sessions(
        &mut self,
        sending: &mut Sending,
        read: bool,
    ) -> Result<BTreeMap<String, super::TableState>, IsolationError> {
        for step in std::mem::take(&mut sending.under_way) {
            self.replace(step.id.session).await?;
            // It ended with its connection.
            let _ = joined(step.answer.await)?;
            let report = StepReport {
                id: step.id,
                result: StepResult::Waiting,
                waited: true,
                ended_after: sending.sent,
            };
            sending.reports[step.position] = Some(report);
        }
        for (session, connection) in self.spec.sessions.iter().zip(&mut self.sessions) {
            if let Some(teardown) = &session.teardown {
                // It may fail where a transaction has: the ROLLBACK comes after it.
                let _ = connection.client.simple_query(teardown).await;
            }
            connection.client.batch_execute("ROLLBACK").await?;
            connection.transaction = Transaction::None;
        }
        match read {
            true => state::read(&self.control).await,
            false => Ok(BTreeMap::new()),
        }
    }

    /// Ends a connection that waits, and opens another. A cancellation would do the
    /// same for less, but PostgreSQL signals it twice, and the second signal may
    /// cancel a statement that comes later.
    async fn replace(&mut self, session: usize) -> Result<(), IsolationError> {
        let pid = self.sessions[session].pid;
        self.control.query(TERMINATE, &[&pid]).await?;
        // Until it is gone it may hold its locks.
        let began = Instant::now();
        while self.control.query_one(IS_THERE, &[&pid]).await?.get(0) {
            if began.elapsed() > LIMIT {
                let step = format!("ending session {}", self.spec.sessions[session].name);
                return Err(IsolationError::TooSlow { step, limit: LIMIT, by: String::new() });
            }
            tokio::time::sleep(INTERVAL).await;
        }
        self.sessions[session] = Connection::open(self.scratch, self.level).await?;
        Ok(())
    }

    async fn tear_down(&self) -> Result<(), IsolationError> {
        match &self.spec.teardown {
            Some(sql) => execute(&self.control, sql, || "the teardown".to_owned()).await,
            None => Ok(()),
        }
    }
}

/// The steps of an order while they are sent.
struct Sending {
    reports: Vec<Option<StepReport>>,
    under_way: Vec<UnderWay>,
    /// The position of the last step sent.
    sent: usize,
    refused: Vec<bool>,
    kept: Vec<bool>,
}

impl Sending {
    fn new(steps: usize, sessions: usize) -> Self {
        Self {
            reports: vec![None; steps],
            under_way: Vec::new(),
            sent: 0,
            refused: vec![false; sessions],
            kept: vec![false; sessions],
        }
    }

    fn is_under_way(&self, session: usize) -> bool {
        self.under_way.iter().any(|step| step.id.session == session)
    }

    fn into_run(self, order: &[StepId], state: BTreeMap<String, super::TableState>) -> Run {
        let unanswered = |id: &StepId, position| StepReport {
            id: *id,
            result: StepResult::Waiting,
            waited: true,
            ended_after: position,
        };
        let reports = order.iter().zip(self.reports).enumerate();
        let steps = reports
            .map(|(position, (id, report))| report.unwrap_or_else(|| unanswered(id, position)))
            .collect();
        let partial = self.refused.iter().zip(&self.kept).map(|(refused, kept)| *refused && *kept);
        Run { steps, state, partial: partial.collect(), refused: self.refused }
    }
}

fn list(pids: &[i32]) -> String {
    pids.iter().map(i32::to_string).collect::<Vec<_>>().join(", ")
}
