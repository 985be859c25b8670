//! Does to the service what the scenario asks for, beside the virtual users.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{BoxFuture, Clock, Stop};
use crate::facts::{Event, FaultNews, FaultStep};
use crate::plan::PlannedFault;
use crate::scenario::Victim;

/// Whoever can get at what is around the service. Errors are for a person.
pub trait FaultMaker: Send + Sync {
    /// Makes it happen, and returns when it has.
    fn begin<'a>(&'a self, fault: &'a PlannedFault) -> BoxFuture<'a, Result<(), String>>;

    /// Puts it right again, and returns when it is. Comes after every beginning,
    /// also after one that failed.
    fn end<'a>(&'a self, fault: &'a PlannedFault) -> BoxFuture<'a, Result<(), String>>;
}

/// The faults of a run, and who makes them.
#[derive(Clone)]
pub struct Faults {
    /// In the order of their moments.
    pub planned: Vec<PlannedFault>,
    pub maker: Arc<dyn FaultMaker>,
}

/// Faults that come while the run goes on.
pub(super) struct Coming {
    stop: Stop,
    lanes: JoinSet<()>,
}

impl Faults {
    /// Lets them come, counted from `origin` on the clock of the run; one at a time
    /// on each thing they befall. When `stop` says so, none comes any more, and
    /// what goes on is put right.
    pub(super) fn start<E>(self, clock: Clock, origin: Duration, stop: Stop, emit: E) -> Coming
    where
        E: Fn(Event) + Clone + Send + Sync + 'static,
    {
        let mut by_victim: BTreeMap<Victim, Vec<PlannedFault>> = BTreeMap::new();
        for fault in self.planned {
            by_victim.entry(fault.kind.victim()).or_default().push(fault);
        }
        let mut lanes = JoinSet::new();
        for faults in by_victim.into_values() {
            let lane = Lane { maker: self.maker.clone(), clock, stop: stop.clone() };
            let emit = emit.clone();
            lanes.spawn(async move {
                for fault in faults {
                    lane.carry_out(&fault, origin, &emit).await;
                }
            });
        }
        Coming { stop, lanes }
    }
}

impl Coming {
    /// None comes any more; returns when all is as it was before.
    pub(super) async fn end(mut self) {
        self.stop.end();
        while self.lanes.join_next().await.is_some() {}
    }
}

/// What befalls one thing, one after the other.
struct Lane {
    maker: Arc<dyn FaultMaker>,
    clock: Clock,
    stop: Stop,
}

impl Lane {
    async fn carry_out(&self, fault: &PlannedFault, origin: Duration, emit: &impl Fn(Event)) {
        let tell = |step| {
            emit(Event::Fault(FaultNews {
                number: fault.number as u64,
                what: fault.kind.to_string().into(),
                due: fault.at,
                time: self.clock.now(),
                step,
            }));
        };
        tokio::select! {
            biased;
            () = self.stop.ending() => return tell(FaultStep::Missed),
            () = tokio::time::sleep_until(self.clock.instant(origin + fault.at).into()) => {}
        }
        tell(FaultStep::Began);
        let begun = self.maker.begin(fault).await;
        if begun.is_ok() {
            tokio::select! {
                () = self.stop.ending() => {}
                () = tokio::time::sleep(fault.lasts) => {}
            }
        }
        let ended = self.maker.end(fault).await;
        if ended.is_ok() {
            tell(FaultStep::Ended);
        }
        if let Err(cause) = begun.and(ended) {
            tell(FaultStep::Failed(cause.into()));
        }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("planned", &self.planned).finish_non_exhaustive()
    }
}
