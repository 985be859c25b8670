//! `constant-arrival-rate` and `ramping-arrival-rate`: iterations begin when
//! they are due. Whoever is free runs them; where nobody is, somebody is made;
//! where there are as many as there may be, they are dropped.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::alarm::Alarm;
use super::crew::{Crew, Member, Tasks};
use crate::plan::Arrivals;
use crate::scenario::VuPool;

/// How long an iteration that is due waits for a virtual user. Several come due
/// between two looks at the clock; those that are free one after the other
/// within that time could have run them.
const PATIENCE: Duration = Duration::from_millis(1);
/// Between two looks at the clock, at least.
const LOOK: Duration = Duration::from_micros(100);

/// An iteration that is due.
#[derive(Clone, Copy, Debug)]
struct Due {
    number: u64,
    /// On the clock of the run.
    at: Duration,
}

pub(super) async fn run(
    crew: &Arc<Crew>,
    arrivals: &Arrivals,
    pool: VuPool,
    limit: Duration,
) -> Result<(), String> {
    let alarm = Alarm::start().map_err(|error| format!("cannot start a thread: {error}"))?;
    let mut staff = Staff::new(crew, pool)?;
    let clock = crew.clock();
    let began = clock.now();
    let mut schedule = (0..)
        .map_while(|number| Some(Due { number, at: began + arrivals.due(number)? }))
        .peekable();
    loop {
        let now = clock.now();
        while let Some(due) = schedule.next_if(|due| due.at <= now) {
            staff.waiting.push_back(due);
        }
        staff.hand_out()?;
        staff.drop_those_before(now.saturating_sub(PATIENCE));
        let patience = staff.waiting.front().map(|due| due.at + PATIENCE);
        let next = schedule.peek().map(|due| due.at).into_iter().chain(patience).min();
        let next = next.map(|at| clock.instant(at.max(now + LOOK)));
        tokio::select! {
            biased;
            () = crew.stop.ending() => break,
            () = staff.somebody_is_free(), if !staff.waiting.is_empty() => {}
            () = until(&alarm, next) => {}
        }
    }
    let end = began + limit;
    if clock.now() >= end {
        // The end of the time may be seen before what is due at the very end.
        staff.waiting.extend(schedule.take_while(|due| due.at <= end));
        staff.hand_out()?;
        staff.drop_those_before(Duration::MAX);
    }
    staff.dismiss().await
}

async fn until(alarm: &Alarm, at: Option<Instant>) {
    match at {
        Some(at) => alarm.until(at).await,
        None => std::future::pending().await,
    }
}

/// The virtual users, and the iterations that wait for one.
struct Staff<'a> {
    crew: &'a Arc<Crew>,
    most: u32,
    made: u32,
    tasks: Tasks,
    /// How those who are free can be given something to do.
    free: VecDeque<oneshot::Sender<Due>>,
    /// Where they say that they are.
    reports: UnboundedReceiver<oneshot::Sender<Due>>,
    report: UnboundedSender<oneshot::Sender<Due>>,
    waiting: VecDeque<Due>,
}

impl<'a> Staff<'a> {
    fn new(crew: &'a Arc<Crew>, pool: VuPool) -> Result<Self, String> {
        let (report, reports) = unbounded_channel();
        let mut staff = Self {
            crew,
            most: pool.max,
            made: 0,
            tasks: crew.tasks(),
            free: VecDeque::new(),
            reports,
            report,
            waiting: VecDeque::new(),
        };
        for _ in 0..pool.pre_allocated {
            staff.make(None)?;
        }
        Ok(staff)
    }

    fn make(&mut self, first: Option<Due>) -> Result<(), String> {
        let member = self.crew.hire(self.made)?;
        self.made += 1;
        self.tasks.spawn(serve(member, first, self.report.clone()));
        Ok(())
    }

    /// Gives what is waiting to those who are free, and to new ones.
    fn hand_out(&mut self) -> Result<(), String> {
        while let Ok(free) = self.reports.try_recv() {
            self.free.push_back(free);
        }
        while let Some(due) = self.waiting.pop_front() {
            if self.give(due) {
                continue;
            }
            if self.made == self.most {
                self.waiting.push_front(due);
                break;
            }
            self.make(Some(due))?;
        }
        Ok(())
    }

    /// Whether somebody was there to take it.
    fn give(&mut self, mut due: Due) -> bool {
        while let Some(free) = self.free.pop_front() {
            match free.send(due) {
                Ok(()) => return true,
                Err(back) => due = back,
            }
        }
        false
    }

    async fn somebody_is_free(&mut self) {
        // There is always a sender: our own.
        if let Some(free) = self.reports.recv().await {
            self.free.push_back(free);
        }
    }

    fn drop_those_before(&mut self, instant: Duration) {
        let late = self.waiting.partition_point(|due| due.at < instant);
        self.waiting.drain(..late);
        self.crew.dropped(late as u64);
    }

    /// Nothing more comes; those at work finish.
    async fn dismiss(self) -> Result<(), String> {
        let Self { tasks, free, reports, .. } = self;
        drop((free, reports));
        tasks.all_done().await
    }
}

/// Runs what it is given, until there is nothing more to come.
async fn serve(
    mut member: Member,
    mut first: Option<Due>,
    report: UnboundedSender<oneshot::Sender<Due>>,
) -> Result<(), String> {
    member.started();
    loop {
        let given = match first.take() {
            Some(due) => Some(due),
            None => {
                let (give, given) = oneshot::channel();
                // Where nobody listens any more, the other end is gone as well.
                let _ = report.send(give);
                given.await.ok()
            }
        };
        let Some(Due { number, at }) = given else { break };
        member.iterate(number, Some(at)).await;
    }
    member.ended();
    Ok(())
}
