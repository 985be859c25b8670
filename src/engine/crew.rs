use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Behaviour, Clock, Cut, Program, Shared, Stop, Vu, VuSeat};
use crate::facts::{Event, Tags};

/// The virtual users of one workload, each made when it is first needed.
pub(super) struct Crew {
    pub(super) workload: usize,
    pub(super) name: Arc<str>,
    pub(super) tags: Tags,
    /// The process of the first of them; those of the others follow.
    pub(super) first_process: u32,
    pub(super) shared: Arc<Shared>,
    pub(super) program: Arc<dyn Program>,
    /// The workload's.
    pub(super) stop: Stop,
}

/// A virtual user and what it iterates.
pub(super) struct Member {
    vu: Arc<Vu>,
    behaviour: Box<dyn Behaviour>,
    /// How many iterations in a row ended with an error.
    failed: u32,
}

/// How long an iteration takes at least that ends with an error, the first of
/// several in a row and any of them: a script that throws at once must not fill
/// processor and memory with its errors.
const FAILED_FIRST: Duration = Duration::from_millis(1);
const FAILED_AT_MOST: Duration = Duration::from_millis(100);

/// The tasks of a crew. One that panics halts the others.
pub(super) struct Tasks {
    running: JoinSet<Result<(), String>>,
    stop: Stop,
}

impl Crew {
    /// Makes the virtual user of that number, from 0 within the workload.
    pub(super) fn hire(&self, number: u32) -> Result<Member, String> {
        let seat = VuSeat {
            workload: self.workload,
            workload_name: self.name.clone(),
            number,
            process: self.first_process.wrapping_add(number),
            tags: self.tags.clone(),
        };
        let vu = Arc::new(Vu::new(seat, self.shared.clone(), self.stop.child()));
        let behaviour = self.program.behaviour(&vu)?;
        Ok(Member { vu, behaviour, failed: 0 })
    }

    pub(super) fn tasks(&self) -> Tasks {
        Tasks { running: JoinSet::new(), stop: self.stop.clone() }
    }

    pub(super) fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// Says that so many iterations were due and will never run.
    pub(super) fn dropped(&self, count: u64) {
        if count > 0 {
            // Nobody listens any more: the run is being torn down.
            let dropped = Event::IterationDropped { workload: self.workload, count };
            let _ = self.shared.events.send(dropped);
        }
    }
}

impl Member {
    pub(super) fn started(&self) {
        self.vu.emit(Event::VuStarted { workload: self.vu.seat.workload });
    }

    pub(super) fn ended(&self) {
        self.vu.emit(Event::VuEnded { workload: self.vu.seat.workload });
    }

    /// Stops this virtual user alone.
    pub(super) fn stop(&self) -> &Stop {
        self.vu.stop()
    }

    pub(super) fn number(&self) -> u32 {
        self.vu.seat.number
    }

    /// Runs one iteration and says how it went. `due`: when it should have begun,
    /// if not now; its times count from then.
    pub(super) async fn iterate(&mut self, number: u64, due: Option<Duration>) {
        let (vu, workload) = (&self.vu, self.vu.seat.workload);
        let began = due.unwrap_or_else(|| vu.clock().now());
        vu.expect(due);
        let ended = self.behaviour.iterate(vu, number).await;
        vu.end_iteration();
        let took = vu.clock().now().saturating_sub(began);
        let mut least = Duration::ZERO;
        vu.emit(match ended {
            Ok(()) => {
                self.failed = 0;
                Event::Iteration { workload, took }
            }
            Err(Cut::Stopped) => Event::IterationCut { workload, error: None },
            Err(Cut::Error(error)) => {
                let doubled = 1u32.checked_shl(self.failed).unwrap_or(u32::MAX);
                least = FAILED_FIRST.saturating_mul(doubled).min(FAILED_AT_MOST);
                self.failed = self.failed.saturating_add(1);
                Event::IterationCut { workload, error: Some(error.into()) }
            }
        });
        if took < least {
            // Stopped meanwhile: there is no next iteration.
            let _ = vu.pause(least - took).await;
        }
    }
}

impl Tasks {
    pub(super) fn spawn(
        &mut self,
        task: impl Future<Output = Result<(), String>> + Send + 'static,
    ) {
        let guard = HaltOnPanic(self.stop.clone());
        self.running.spawn(async move {
            let _guard = guard;
            task.await
        });
    }

    /// Waits for all of them. The first error, or what a panic said.
    pub(super) async fn all_done(mut self) -> Result<(), String> {
        let mut result = Ok(());
        while let Some(done) = self.running.join_next().await {
            let done = done.unwrap_or_else(|panic| Err(panic.to_string()));
            if done.is_err() {
                self.stop.halt();
                result = result.and(done);
            }
        }
        result
    }
}

struct HaltOnPanic(Stop);

impl Drop for HaltOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.halt();
        }
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("name", &self.name).finish_non_exhaustive()
    }
}
