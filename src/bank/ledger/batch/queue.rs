use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::request::{Asked, Request};
use super::run::carry_out;
use crate::bank::ledger::counters::Counters;
use crate::bank::ledger::error::LedgerError;
use crate::bank::ledger::once::Once;
use crate::bank::ledger::window::Window;
use crate::bank::store::{Store, StoreError, StoredAnswer};

/// The most requests in one batch; the others are the first of the next one.
const LARGEST: usize = 1024;

/// Those who wait for the next batch, first come, first served.
///
/// Batches follow each other: one of them is under way at any time, for all
/// accounts of this server. It is led by a task of its own, so that a request
/// that is given up takes nobody else with it. Dropping the queue ends that
/// task, and with it the batch.
pub(in crate::bank::ledger) struct Queue(Arc<Shared>);

struct Shared {
    store: Arc<Store>,
    counters: Arc<Counters>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    members: VecDeque<Member>,
    tickets: u64,
    leader: Option<AbortHandle>,
    /// The next batch has only to get its connection, or to hear why not.
    begins: bool,
}

struct Member {
    ticket: u64,
    asked: Asked,
    answer: oneshot::Sender<Result<StoredAnswer, LedgerError>>,
}

/// The place of one update in the next batch.
#[derive(Debug)]
pub struct Seat<'a> {
    queue: &'a Queue,
    once: Option<Once>,
}

impl Seat<'_> {
    /// Waits until the batch that this joins is committed, and returns what
    /// this one is answered. [`StoreError::Unavailable`] when the batch before
    /// has not ended within the time that others wait for a connection.
    pub(in crate::bank::ledger) async fn take(
        self,
        window: &Window,
        request: Request,
    ) -> Result<StoredAnswer, LedgerError> {
        let Self { queue, once } = self;
        let (ticket, mut answered) = queue.join(window, Asked { request, once });
        let patience = queue.0.store.acquire_timeout();
        let answer = match timeout(patience, &mut answered).await {
            Ok(answer) => answer,
            Err(_) if queue.0.withdraw(ticket) => {
                let waited = humantime::format_duration(patience);
                let busy = format!("the batch before took longer than {waited}");
                return Err(StoreError::Unavailable(busy).into());
            }
            // It begins or is under way, and will hear what becomes of it.
            Err(_) => answered.await,
        };
        // Nobody answers when the batch has panicked. That it has is in the
        // log already, and this request ends as one that panics by itself.
        answer.unwrap_or_else(|_| std::panic::resume_unwind(Box::new("the batch has panicked")))
    }
}

impl Queue {
    pub(in crate::bank::ledger) fn new(store: Arc<Store>, counters: Arc<Counters>) -> Self {
        Self(Arc::new(Shared { store, counters, waiting: Mutex::default() }))
    }

    pub(in crate::bank::ledger) fn seat(&self, once: Option<Once>) -> Seat<'_> {
        Seat { queue: self, once }
    }

    /// How many wait for the next batch.
    pub(in crate::bank::ledger) fn length(&self) -> usize {
        self.0.waiting().members.len()
    }

    fn join(
        &self,
        window: &Window,
        asked: Asked,
    ) -> (u64, oneshot::Receiver<Result<StoredAnswer, LedgerError>>) {
        let (answer, answered) = oneshot::channel();
        let mut waiting = self.0.waiting();
        waiting.tickets += 1;
        let ticket = waiting.tickets;
        waiting.members.push_back(Member { ticket, asked, answer });
        if waiting.leader.is_none() {
            let leader = tokio::spawn(lead(self.0.clone(), window.clone()));
            waiting.leader = Some(leader.abort_handle());
        }
        (ticket, answered)
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Whether someone waits. When nobody does, whoever comes next begins.
    fn goes_on(&self) -> bool {
        let mut waiting = self.waiting();
        if waiting.members.is_empty() {
            waiting.leader = None;
        }
        waiting.begins = waiting.leader.is_some();
        waiting.begins
    }

    /// The next batch, without those that were given up.
    fn next_batch(&self) -> Vec<Member> {
        let mut waiting = self.waiting();
        waiting.begins = false;
        let size = waiting.members.len().min(LARGEST);
        waiting.members.drain(..size).filter(|member| !member.answer.is_closed()).collect()
    }

    /// Those who wait have waited for as long as the batch before them found no
    /// answer, and would not find one sooner.
    fn turn_away(&self, silence: &StoreError) {
        for member in std::mem::take(&mut self.waiting().members) {
            let _ = member.answer.send(Err(silence.clone().into()));
        }
    }

    /// Takes back what no batch has taken yet; `false` when one has, or is
    /// about to.
    fn withdraw(&self, ticket: u64) -> bool {
        let mut waiting = self.waiting();
        if waiting.begins {
            return false;
        }
        let before = waiting.members.len();
        waiting.members.retain(|member| member.ticket != ticket);
        waiting.members.len() < before
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if let Some(leader) = self.0.waiting().leader.take() {
            leader.abort();
        }
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Queue {{ length: {} }}", self.length())
    }
}

/// Carries out batches for as long as someone waits.
async fn lead(shared: Arc<Shared>, window: Window) {
    while shared.goes_on() {
        // Those who come while the connection is awaited are in time.
        let connection = shared.store.connection().await;
        let (asked, answers): (Vec<_>, Vec<_>) =
            shared.next_batch().into_iter().map(|member| (member.asked, member.answer)).unzip();
        let (counters, window) = (shared.counters.clone(), window.clone());
        // A task of its own, so that a panic is the end of this batch and of
        // no other.
        let mut batch = JoinSet::new();
        batch.spawn(async move {
            let each = carry_out(connection, &window, &asked, &counters).await;
            let silence = each.iter().find_map(silence);
            for (answer, sender) in each.into_iter().zip(answers) {
                // Whoever is gone does not want to know.
                let _ = sender.send(answer);
            }
            silence
        });
        if let Some(Ok(Some(silence))) = batch.join_next().await {
            shared.turn_away(&silence);
        }
    }
}

/// That the database did not answer, if that is what became of a member.
fn silence(answer: &Result<StoredAnswer, LedgerError>) -> Option<StoreError> {
    match answer {
        Err(LedgerError::Store(silence @ StoreError::Silent(_))) => Some(silence.clone()),
        Err(LedgerError::Store(StoreError::OutcomeUnknown(reason))) => {
            Some(StoreError::Silent(format!("the batch before has no answer: {reason}")))
        }
        _ => None,
    }
}
