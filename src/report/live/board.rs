use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use super::phase::Phase;
use super::run::{LiveRun, Scraped, Watched};
use crate::report::prometheus::{ExtraGauge, Observed, exposition};

/// The runs that are watched: those under way, and the latest that are done.
#[derive(Debug, Default)]
pub struct Board {
    runs: Mutex<VecDeque<LiveHandle>>,
    last_id: AtomicU64,
    busy: watch::Sender<bool>,
}

/// A run that several look at while one lets it grow.
#[derive(Clone, Debug)]
pub struct LiveHandle {
    id: u64,
    run: Arc<Mutex<LiveRun>>,
}

/// What one page has seen.
#[derive(Debug)]
pub struct Cursor {
    seen: HashMap<u64, (Phase, Watched)>,
    /// Also tells when something began and was over between two looks.
    busy: watch::Receiver<bool>,
}

/// What is new to a page.
#[derive(Debug, PartialEq)]
pub enum Change {
    /// A run is new, or has to be shown anew.
    Run(Value),
    /// A run went on.
    Points(Value),
    /// Whether something is under way.
    Busy(bool),
}

/// Runs that are kept when they are done.
const KEPT: usize = 20;

impl Board {
    /// A new run on the board.
    pub fn open(&self, group: u64, label: String) -> LiveHandle {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let run = Arc::new(Mutex::new(LiveRun::new(id, group, label)));
        let handle = LiveHandle { id, run };
        let mut runs = self.runs();
        if runs.len() == KEPT {
            runs.pop_front();
        }
        runs.push_back(handle.clone());
        handle
    }

    /// Whether something is under way, more runs of the same command included.
    pub fn set_busy(&self, busy: bool) {
        self.busy.send_replace(busy);
    }

    pub fn is_busy(&self) -> bool {
        *self.busy.borrow()
    }

    /// Returns when nothing is under way.
    pub async fn idle(&self) {
        // The sender is ours: it cannot go away.
        let _ = self.busy.subscribe().wait_for(|busy| !busy).await;
    }

    /// All there is to know of each run.
    pub fn views(&self) -> Vec<Value> {
        self.handles().iter().map(LiveHandle::view).collect()
    }

    /// The run of that number, unless it is forgotten.
    pub fn get(&self, id: u64) -> Option<LiveHandle> {
        self.runs().iter().find(|handle| handle.id == id).cloned()
    }

    /// The runs of the latest command in Prometheus's text format.
    pub fn exposition(&self) -> String {
        let handles = self.handles();
        let latest = handles.last().map(|handle| handle.with(|run| run.group()));
        let mut seen: Vec<Scraped> = Vec::new();
        for handle in handles {
            let scraped = handle.with(|run| run.scraped().filter(|_| Some(run.group()) == latest));
            if let Some(scraped) = scraped {
                // The same run once more would be the same series.
                seen.retain(|earlier| earlier.labels != scraped.labels);
                seen.push(scraped);
            }
        }
        let gauges: Vec<_> =
            seen.iter().map(|run| ExtraGauge::money(run.off.0, run.off.1)).collect();
        let observed = seen.iter().zip(&gauges).map(|(run, gauges)| Observed {
            labels: &run.labels,
            workloads: &run.workloads,
            metrics: &run.metrics,
            gauges,
        });
        exposition(&observed.collect::<Vec<_>>())
    }

    /// For a page that has seen nothing yet.
    pub fn watch(&self) -> Cursor {
        let mut busy = self.busy.subscribe();
        busy.mark_changed();
        Cursor { seen: HashMap::new(), busy }
    }

    /// What a page has not seen yet. However slow it is, what waits for it does
    /// not grow.
    pub fn changes(&self, cursor: &mut Cursor) -> Vec<Change> {
        let mut changes = Vec::new();
        let handles = self.handles();
        cursor.seen.retain(|id, _| handles.iter().any(|handle| handle.id == *id));
        for handle in handles {
            handle.with(|run| changes.extend(cursor.look(run)));
        }
        // The sender is ours: it cannot be gone.
        if cursor.busy.has_changed().unwrap_or(false) {
            changes.push(Change::Busy(*cursor.busy.borrow_and_update()));
        }
        changes
    }

    fn handles(&self) -> Vec<LiveHandle> {
        self.runs().iter().cloned().collect()
    }

    fn runs(&self) -> MutexGuard<'_, VecDeque<LiveHandle>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveHandle {
    pub fn id(&self) -> u64 {
        self.id
    }

    /// A look at the run, or a change of it. Nothing slow may be done meanwhile.
    pub fn with<T>(&self, act: impl FnOnce(&mut LiveRun) -> T) -> T {
        act(&mut self.run.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All there is to know of it.
    pub fn view(&self) -> Value {
        self.with(|run| run.view().0)
    }
}

impl Cursor {
    fn look(&mut self, run: &LiveRun) -> Option<Change> {
        let seen = self.seen.get(&run.id()).filter(|(phase, _)| *phase == run.phase());
        let news = match seen {
            Some(_) if run.phase() != Phase::Running => return None,
            Some((_, watched)) => run.since(*watched),
            None => None,
        };
        let (change, watched) = match news {
            Some((points, watched)) => (Change::Points(points), watched),
            None => {
                let (view, watched) = run.view();
                (Change::Run(view), watched)
            }
        };
        self.seen.insert(run.id(), (run.phase(), watched));
        Some(change)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::facts::{Event, Metrics, Request, Tags};

    fn begun(handle: &LiveHandle, metrics: &Metrics) {
        handle.with(|run| run.take(&Event::Began { initial: [("1".into(), 5)].into() }, metrics));
    }

    fn request(handle: &LiveHandle, metrics: &Metrics) {
        let request = Request {
            workload: 0,
            took: Duration::from_millis(2),
            tags: Tags::default(),
            status: Some(200),
            failed: None,
            error: None,
        };
        handle.with(|run| run.take(&Event::Request(request), metrics));
    }

    #[test]
    fn a_page_sees_a_run_whole_and_then_what_is_new() {
        let (board, metrics) = (Board::default(), Metrics::new(1));
        let mut cursor = board.watch();
        assert_eq!(board.changes(&mut cursor), [Change::Busy(false)]);
        let handle = board.open(1, "naive".into());
        board.set_busy(true);
        let changes = board.changes(&mut cursor);
        assert!(matches!(&changes[..], [Change::Run(_), Change::Busy(true)]), "{changes:?}");
        begun(&handle, &metrics);
        request(&handle, &metrics);
        let [Change::Run(run)] = &board.changes(&mut cursor)[..] else { panic!("it runs now") };
        assert_eq!(run["state"], "running");
        assert_eq!(run["timeline"]["accounts"][0]["expected"], serde_json::json!([5]));
        let [Change::Points(points)] = &board.changes(&mut cursor)[..] else {
            panic!("it goes on")
        };
        assert_eq!((&points["from"], &points["id"]), (&0.into(), &handle.id().into()));
    }

    #[test]
    fn what_is_over_before_anybody_looked_is_told_all_the_same() {
        let board = Board::default();
        let mut cursor = board.watch();
        board.changes(&mut cursor);
        board.set_busy(true);
        board.set_busy(false);
        assert_eq!(board.changes(&mut cursor), [Change::Busy(false)]);
        assert_eq!(board.changes(&mut cursor), []);
    }

    #[test]
    fn old_runs_are_forgotten() {
        let board = Board::default();
        let mut cursor = board.watch();
        for _ in 0..KEPT + 5 {
            board.open(1, String::new());
            board.changes(&mut cursor);
        }
        assert_eq!((board.views().len(), cursor.seen.len()), (KEPT, KEPT));
        assert!(board.get(5).is_none() && board.get(6).is_some());
    }
}
