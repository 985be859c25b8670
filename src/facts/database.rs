//! What the database did while the run went on.

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// One look at the PostgreSQL that the target keeps its data in. The looker's own
/// connection is not in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DatabaseLook {
    /// Since the start of the run.
    #[serde(rename = "time_s", serialize_with = "seconds")]
    pub time: Duration,
    /// Connections of clients to this database.
    pub connections: u32,
    /// Those that carry out a statement, waiting ones included.
    pub active: u32,
    pub idle_in_transaction: u32,
    /// Those that wait for a lock.
    pub waiting: u32,
    /// The longest that one of them has waited until now.
    #[serde(rename = "longest_wait_ms", serialize_with = "milliseconds")]
    pub longest_wait: Duration,
    /// The longest that a statement has taken until now that waits for a lock: it may
    /// have waited for others before.
    #[serde(rename = "longest_statement_ms", serialize_with = "milliseconds")]
    pub longest_statement: Duration,
    /// Since the observation began, as far as the database has counted them.
    pub deadlocks: u64,
    /// Who waits for whom, the longest wait first; the first few.
    pub blocked: Vec<Blocked>,
    /// Who others wait for and who waits for nobody, the most waited for first;
    /// the first few.
    pub holders: Vec<Holder>,
    /// Connections that do the same, the largest group first; the first few.
    pub groups: Vec<ConnectionGroup>,
    /// Connections of others, of which the database shows neither state nor query.
    pub hidden: u32,
}

/// A connection that waits for a lock.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Blocked {
    pub pid: i32,
    /// Those that hold the lock, or stand before it in the queue; the first few.
    pub by: Vec<i32>,
    /// How many those are.
    pub ahead: u32,
    /// At the end of that chain: who holds everybody up, if it can be told.
    pub behind: Option<i32>,
    /// The kind of lock: `transactionid`, `tuple`, `advisory`, `relation`.
    pub waits_for: Arc<str>,
    #[serde(rename = "waited_ms", serialize_with = "milliseconds")]
    pub waited: Duration,
    /// Since its statement began.
    #[serde(rename = "statement_ms", serialize_with = "milliseconds")]
    pub statement: Duration,
    /// In one line, shortened.
    pub query: Arc<str>,
}

/// A connection that others wait for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Holder {
    pub pid: i32,
    /// `active`, `idle in transaction`; `None` where it cannot be seen.
    pub state: Option<Arc<str>>,
    /// The statement it carries out, or the last one it did.
    pub query: Arc<str>,
    /// How many wait for it, one behind the other.
    pub holds_up: u32,
}

/// Connections that do the same at the moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionGroup {
    /// What the client calls itself.
    pub application: Arc<str>,
    /// `None` where it cannot be seen.
    pub state: Option<Arc<str>>,
    /// What an active one waits for, if for anything: `lock: tuple`, `IO: WALSync`.
    pub waits_for: Option<Arc<str>>,
    pub count: u32,
}

/// All looks of a run, in the room of one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DatabaseActivity {
    pub looks: u64,
    /// Looks at which somebody waited for a lock.
    pub looks_waiting: u64,
    pub peak_waiting: u32,
    #[serde(rename = "peak_at_s", serialize_with = "seconds")]
    pub peak_at: Duration,
    /// Time between the first of these looks and the last.
    #[serde(rename = "observed_s", serialize_with = "seconds")]
    pub observed: Duration,
    /// Waiting of all connections added up, as the looks tell.
    #[serde(rename = "waited_s", serialize_with = "seconds")]
    pub waited: Duration,
    /// The longest that a connection was seen to have waited for one lock.
    #[serde(rename = "longest_wait_ms", serialize_with = "milliseconds")]
    pub longest_wait: Duration,
    /// The longest that a statement was seen to take that waited for a lock. A
    /// queue for a row begins anew when the row changes, so that one statement may
    /// wait many times.
    #[serde(rename = "longest_statement_ms", serialize_with = "milliseconds")]
    pub longest_statement: Duration,
    pub peak_active: u32,
    pub peak_idle_in_transaction: u32,
    pub peak_connections: u32,
    /// Most connections whose state and query were hidden.
    pub hidden: u32,
    /// `None`: they could not be read when the run was over.
    pub counters: Option<DatabaseCounters>,
    /// Why there is no more than this.
    pub trouble: Option<Arc<str>>,
    /// The look with most waiters.
    pub heaviest: Option<Arc<DatabaseLook>>,
    /// Also from before and after the load.
    #[serde(skip)]
    pub latest: Option<Arc<DatabaseLook>>,
}

/// What the database counted from the start of the run to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DatabaseCounters {
    /// Transactions, statements outside of one included.
    pub commits: u64,
    pub rollbacks: u64,
    pub deadlocks: u64,
    /// Whether all of it is in; otherwise what connections did in the last second
    /// may be missing.
    pub complete: bool,
}

impl DatabaseLook {
    /// Connections that do something or hold something.
    pub fn in_use(&self) -> u32 {
        self.active + self.idle_in_transaction
    }
}

impl DatabaseActivity {
    /// Takes a look in, in the order of their times. What counts is what was seen
    /// under load.
    pub fn take(&mut self, look: &Arc<DatabaseLook>, under_load: bool) {
        let before = self.latest.replace(look.clone());
        if !under_load {
            return;
        }
        if let Some(before) = before {
            let passed = look.time.saturating_sub(before.time);
            self.waited += passed * (before.waiting + look.waiting) / 2;
            self.observed += passed;
        }
        self.looks += 1;
        self.looks_waiting += u64::from(look.waiting > 0);
        self.longest_wait = self.longest_wait.max(look.longest_wait);
        self.longest_statement = self.longest_statement.max(look.longest_statement);
        self.peak_active = self.peak_active.max(look.active);
        self.peak_idle_in_transaction = self.peak_idle_in_transaction.max(look.idle_in_transaction);
        self.peak_connections = self.peak_connections.max(look.connections);
        self.hidden = self.hidden.max(look.hidden);
        if look.waiting > self.peak_waiting {
            self.peak_waiting = look.waiting;
            self.peak_at = look.time;
            self.heaviest = Some(look.clone());
        }
    }

    /// Connections that waited, on average over the time.
    pub fn mean_waiting(&self) -> f64 {
        match self.observed.as_secs_f64() {
            seconds if seconds > 0.0 => self.waited.as_secs_f64() / seconds,
            _ => 0.0,
        }
    }

    /// The share of looks at which somebody waited.
    pub fn share_waiting(&self) -> f64 {
        self.looks_waiting as f64 / self.looks.max(1) as f64
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(millis: u64, waiting: u32) -> Arc<DatabaseLook> {
        Arc::new(DatabaseLook {
            time: Duration::from_millis(millis),
            connections: 10,
            active: waiting,
            idle_in_transaction: 1,
            waiting,
            longest_wait: Duration::from_millis(u64::from(waiting)),
            ..DatabaseLook::default()
        })
    }

    #[test]
    fn waiting_is_added_up_over_the_time() {
        let mut activity = DatabaseActivity::default();
        activity.take(&look(100, 0), false);
        for (millis, waiting) in [(200, 4), (300, 4), (500, 0)] {
            activity.take(&look(millis, waiting), true);
        }
        // Half of the first rise, the plateau, half of the fall that takes twice as long.
        assert_eq!(activity.waited, Duration::from_millis(200 + 400 + 400));
        assert!((activity.mean_waiting() - 2.5).abs() < 1e-9);
        activity.take(&look(900, 0), false);
        assert_eq!((activity.looks, activity.looks_waiting), (3, 2));
        assert!((activity.share_waiting() - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn the_heaviest_look_is_kept_and_the_first_of_equals() {
        let mut activity = DatabaseActivity::default();
        for (millis, waiting) in [(100, 1), (200, 4), (300, 4), (400, 2)] {
            activity.take(&look(millis, waiting), true);
        }
        assert_eq!((activity.peak_waiting, activity.peak_at), (4, Duration::from_millis(200)));
        assert_eq!(activity.heaviest, Some(look(200, 4)));
        assert_eq!(activity.latest, Some(look(400, 2)));
        assert_eq!(activity.longest_wait, Duration::from_millis(4));
        assert_eq!(look(0, 4).in_use(), 5);
    }

    #[test]
    fn without_a_waiter_there_is_no_picture() {
        let mut activity = DatabaseActivity::default();
        assert!(activity.mean_waiting() == 0.0 && activity.share_waiting() == 0.0);
        activity.take(&look(100, 0), true);
        assert_eq!((activity.heaviest.as_ref(), activity.peak_active), (None, 0));
        assert_eq!(activity.peak_idle_in_transaction, 1);
    }

    #[test]
    fn programs_read_milliseconds() {
        let blocked = Blocked {
            pid: 71,
            by: vec![70],
            ahead: 1,
            behind: Some(70),
            waits_for: "transactionid".into(),
            waited: Duration::from_micros(3200),
            statement: Duration::from_micros(4500),
            query: "SELECT 1".into(),
        };
        let look = DatabaseLook {
            time: Duration::from_millis(1500),
            longest_wait: Duration::from_micros(12_500),
            blocked: vec![blocked],
            ..DatabaseLook::default()
        };
        let json = serde_json::to_value(&look).expect("JSON");
        assert_eq!(json["time_s"], 1.5);
        assert_eq!(json["longest_wait_ms"], 12.5);
        assert_eq!(json["blocked"][0]["waited_ms"], 3.2);
        assert_eq!(json["blocked"][0]["waits_for"], "transactionid");
    }
}
