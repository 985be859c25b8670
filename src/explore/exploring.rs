use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::future::Future;
use std::time::{Duration, Instant};

use super::executor::Executor;
use super::exploration::{Asked, Coverage, Exploration, Failing, FailingOrder, Why};
use super::judge::{Failure, Judge, Serial, serial_orders};
use super::outcome::Execution;
use super::refusals::Refusals;
use super::search::{Ended, Frontier, Pct, Replay, Search};
use super::trouble::{Trouble, letter};

/// Beyond so many requests not all orders are gone through, unless that is asked
/// for.
const MANY: usize = 4;

/// Orders that are drawn where nothing else is said.
const SAMPLE: usize = 1000;

/// The most requests whose serial orders can all be gone through.
pub const MOST_REQUESTS: usize = 5;

/// Equal runs that are to differ in whatever tells the time, to the second, are at
/// least so far apart.
pub const APART: Duration = Duration::from_millis(1100);

/// What is to be gone through.
#[derive(Clone, Debug)]
pub struct Options {
    pub what: What,
    /// One of each set of orders that cannot differ.
    pub reduce: bool,
    /// The first failing order ends it.
    pub first: bool,
    /// How long it may take.
    pub time: Duration,
    pub seed: u64,
    /// Fields of answers (`$.requestId`) that are not compared.
    pub ignored: Vec<String>,
    /// How far two equal runs are apart that tell what varies by itself.
    pub apart: Duration,
    /// What the serial orders have to come to, where that is known before.
    pub baseline: Option<Baseline>,
}

/// The serial orders of a service, for the same service with a change.
#[derive(Clone, Debug)]
pub struct Baseline {
    serials: Vec<Serial>,
    /// What varies by itself.
    ignored: BTreeSet<String>,
}

impl Baseline {
    pub fn of(exploration: &Exploration) -> Self {
        Self { serials: exploration.serial.clone(), ignored: exploration.ignored.clone() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// All orders, those with few switches first.
    All,
    /// Those with at most so many switches.
    Switches(usize),
    /// So many that are drawn.
    Sample(usize),
    /// This one, given by the requests whose steps come one after the other.
    Replay(Vec<usize>),
}

/// How far it has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    pub orders: usize,
    /// Orders that are known to be left, at least.
    pub pending: usize,
    pub failing: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            what: What::All,
            reduce: false,
            first: false,
            time: Duration::from_secs(60),
            seed: 1,
            ignored: Vec::new(),
            apart: Duration::ZERO,
            baseline: None,
        }
    }
}

/// Goes through the orders of the requests, and judges each. `told` hears of
/// each order; once `stopped` is done, no other begins.
pub async fn explore(
    executor: &mut impl Executor,
    requests: Vec<String>,
    options: &Options,
    mut told: impl FnMut(Progress) + Send,
    stopped: impl Future<Output = ()> + Send,
) -> Result<Exploration, Trouble> {
    let mut stopped = std::pin::pin!(stopped);
    let judge = serials(executor, options.apart).await?.ignoring(&options.ignored);
    let judge = match &options.baseline {
        Some(Baseline { serials, ignored }) => judge.with_serials_of(serials, ignored)?,
        None => judge,
    };
    let mut search = search(executor, options).await?;
    let mut found = Found::default();
    let began = Instant::now();
    let mut cut_short = None;
    while cut_short.is_none() && search.begin() {
        let order_began = Instant::now();
        let (ended, execution) = executor.run(&mut *search, false).await?;
        search.end(ended);
        match ended {
            Ended::Complete => found.take(execution, &judge, order_began.elapsed()),
            Ended::Endless => found.endless += 1,
            Ended::Known | Ended::Diverged => {}
        }
        told(Progress {
            orders: found.orders,
            pending: search.pending(),
            failing: found.failing.total(),
        });
        let is_stopped = is_done(&mut stopped).await;
        cut_short = if is_stopped {
            Some(Why::Interrupted)
        } else if search.pending() > 0 && began.elapsed() >= options.time {
            Some(Why::TimeIsUp)
        } else if options.first && found.shortest.is_some() {
            break;
        } else {
            None
        };
    }
    let time = began.elapsed();
    let coverage = coverage(&*search, &found, options, executor.requests(), cut_short);
    let median = found.median();
    let shortest = match found.shortest.take() {
        None => None,
        Some((failure, execution)) => Some(show(executor, &judge, failure, execution).await?),
    };
    let varying = judge.varying();
    Ok(Exploration {
        requests,
        orders: found.orders,
        failing: found.failing,
        coverage,
        divergences: search.diverged(),
        lock_waits: found.lock_waits,
        refusals: found.refusals,
        steps: found.steps,
        time,
        median,
        shortest,
        ignored: varying.entries.iter().chain(&varying.fields).cloned().collect(),
        serial: judge.serials().to_vec(),
        replayed: found.last.filter(|_| matches!(options.what, What::Replay(_))),
    })
}

/// Whether a future is done, without waiting for it.
async fn is_done(future: &mut (impl Future<Output = ()> + Unpin)) -> bool {
    tokio::select! {
        biased;
        () = future => true,
        () = std::future::ready(()) => false,
    }
}

/// All serial orders, twice.
async fn serials(executor: &mut impl Executor, apart: Duration) -> Result<Judge, Trouble> {
    let mut rounds = [Vec::new(), Vec::new()];
    let began = Instant::now();
    for (number, round) in rounds.iter_mut().enumerate() {
        if number > 0 {
            executor.pass(apart.saturating_sub(began.elapsed())).await;
        }
        for order in serial_orders(executor.requests()) {
            let Execution { replies, state, hung, .. } = executor.serial(&order).await?;
            if hung {
                let letters: String = order.iter().map(|it| letter(*it)).collect();
                return Err(Trouble::Service(format!(
                    "it does not answer the requests {letters}, though they come one after the other"
                )));
            }
            round.push(Serial { order, replies, state });
        }
    }
    let [serials, again] = rounds;
    let pairs = serials.iter().zip(&again);
    // A name that is another each time would be new in whatever order.
    let unsteady = pairs.clone().find_map(|(one, other)| {
        let (one_has, other_has) = (&one.state, &other.state);
        let mut entries = one_has.keys().chain(other_has.keys());
        let entry =
            entries.find(|it| one_has.contains_key(*it) != other_has.contains_key(*it))?.clone();
        Some((&one.order, entry))
    });
    match unsteady {
        None => {}
        Some((order, entry)) if order.is_empty() => {
            return Err(Trouble::Reset(format!("`{entry}` is there after one of two")));
        }
        Some((order, entry)) => {
            let letters: Vec<String> = order.iter().map(|it| letter(*it).to_string()).collect();
            return Err(Trouble::UnsteadyState(letters.join(", "), entry));
        }
    }
    Ok(Judge::new(serials, &again))
}

async fn search(
    executor: &mut impl Executor,
    options: &Options,
) -> Result<Box<dyn Search>, Trouble> {
    let requests = executor.requests();
    let drawn = |count| Box::new(Pct::new(count, requests, 4 * requests, options.seed));
    Ok(match &options.what {
        What::All if requests >= MANY => drawn(SAMPLE),
        What::All if options.reduce => {
            Box::new(Frontier::new().reduced(executor.independence().await?))
        }
        What::All => Box::new(Frontier::new()),
        What::Switches(most) => Box::new(Frontier::new().with_most_switches(Some(*most))),
        What::Sample(count) => drawn(*count),
        What::Replay(order) => Box::new(Replay::new(order.clone())),
    })
}

/// What the orders so far have come to.
#[derive(Debug, Default)]
struct Found {
    orders: usize,
    failing: Failing,
    lock_waits: usize,
    refusals: Refusals,
    steps: usize,
    times: Vec<Duration>,
    slept: Vec<usize>,
    endless: u64,
    ambiguous: u64,
    shortest: Option<(Failure, Execution)>,
    last: Option<Execution>,
}

impl Found {
    fn take(&mut self, execution: Execution, judge: &Judge, took: Duration) {
        self.orders += 1;
        self.times.push(took);
        self.lock_waits += usize::from(execution.waited());
        self.refusals.add(&execution);
        self.steps = self.steps.max(execution.steps.len());
        self.ambiguous += execution.ambiguous;
        for request in &execution.slept {
            if !self.slept.contains(request) {
                self.slept.push(*request);
            }
        }
        let Some(failure) = judge.judge(&execution) else {
            self.last = Some(execution);
            return;
        };
        self.failing.add(&failure);
        // Lost money comes before odd answers.
        let weight = |failure: &Failure, execution: &Execution| {
            let order = execution.schedule.clone();
            (Reverse(*failure == Failure::State), execution.switches, order.len(), order)
        };
        let is_better = self
            .shortest
            .as_ref()
            .is_none_or(|(known, shortest)| weight(&failure, &execution) < weight(known, shortest));
        self.last = Some(execution.clone());
        if is_better {
            self.shortest = Some((failure, execution));
        }
    }

    fn median(&mut self) -> Duration {
        self.times.sort_unstable();
        self.times.get(self.times.len() / 2).copied().unwrap_or_default()
    }
}

fn coverage(
    search: &dyn Search,
    found: &Found,
    options: &Options,
    requests: usize,
    cut_short: Option<Why>,
) -> Coverage {
    let mut slept = found.slept.clone();
    slept.sort_unstable();
    let complete_up_to = search.bound().filter(|bound| *bound < usize::MAX);
    let incomplete = |why| Coverage::Incomplete { why, complete_up_to };
    let asked = match options.what {
        What::Replay(_) => Some(Asked::Replay),
        What::Switches(most) => Some(Asked::Switches(most)),
        What::Sample(count) => Some(Asked::Sample { count, seed: options.seed }),
        What::All => None,
    };
    if asked == Some(Asked::Replay) {
        return Coverage::AsAsked(Asked::Replay);
    }
    if let Some(why) = cut_short {
        return incomplete(why);
    }
    if options.first && found.failing.total() > 0 && search.pending() > 0 {
        return Coverage::AsAsked(Asked::UntilFirst);
    }
    if !slept.is_empty() {
        return incomplete(Why::WaitsInside(slept));
    }
    if found.endless > 0 {
        return incomplete(Why::Endless(found.endless));
    }
    if search.diverged() > 0 {
        return incomplete(Why::Diverged(search.diverged()));
    }
    if found.ambiguous > 0 {
        return incomplete(Why::Ambiguous(found.ambiguous));
    }
    match asked {
        Some(Asked::Switches(_)) if search.bound() == Some(usize::MAX) => Coverage::All,
        Some(asked) => Coverage::AsAsked(asked),
        None if requests >= MANY => {
            incomplete(Why::TooMany { count: found.orders, seed: options.seed })
        }
        None if options.reduce => Coverage::Reduced,
        None => Coverage::All,
    }
}

/// Carries out a failing order once more, to see what each step changes.
async fn show(
    executor: &mut impl Executor,
    judge: &Judge,
    failure: Failure,
    execution: Execution,
) -> Result<FailingOrder, Trouble> {
    let mut replay = Replay::new(execution.schedule.clone());
    let execution = if failure != Failure::Hung && replay.begin() {
        let (_, again) = executor.run(&mut replay, true).await?;
        // Should it come out otherwise, what was seen first stands.
        let repeats =
            again.schedule == execution.schedule && judge.judge(&again).as_ref() == Some(&failure);
        if repeats { again } else { execution }
    } else {
        execution
    };
    let states = judge.expected_states(&execution);
    let differences = states.iter().map(|state| judge.differences(state, &execution.state));
    let differences: Vec<BTreeSet<String>> =
        differences.map(|entries| entries.into_iter().collect()).collect();
    // Wrong is what is wrong whatever the order, or else what does not go together.
    let common = differences.iter().cloned().reduce(|one, other| &one & &other);
    let any = || differences.iter().flatten().cloned().collect();
    let entries = common.filter(|common| !common.is_empty()).unwrap_or_else(any);
    let expected = states.into_iter().cloned().collect();
    Ok(FailingOrder { failure, execution, expected, entries: entries.into_iter().collect() })
}
