use std::time::{Duration, Instant};

use super::judge::Judge;
use super::lab::{Attempt, Lab};
use super::orders::{Interleavings, interleavings};
use super::outcome::Run;
use super::spec::{Order, Spec};
use super::{IsolationError, IsolationLevel, Judgement, Scratch};
use crate::explore::{Conclusion, Progress};

/// What to explore, and how far.
#[derive(Clone, Debug)]
pub struct ExploreOptions {
    /// Instead of the level that the specification asks for.
    pub level: Option<IsolationLevel>,
    /// Every order of all steps, also where the specification lists some.
    pub all: bool,
    /// No order begins after this long.
    pub time: Duration,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Exploration {
    pub level: Option<IsolationLevel>,
    /// All there are, or as many as the specification lists.
    pub orders: u128,
    /// Those that ran to their end.
    pub ran: u64,
    /// Those in which a step would have to be sent while its session waits.
    pub impossible: u128,
    pub failing: u64,
    /// Those in which the database refused at least one session.
    pub refused: u64,
    pub lock_waits: u64,
    /// Why runs could not be judged, each reason once, with how many.
    pub not_judged: Vec<(String, u64)>,
    /// Whether every order was run or is impossible.
    pub complete: bool,
    /// The failing order with the fewest switches between sessions.
    pub shortest: Option<(Run, Judgement)>,
    /// Columns that were left out of the comparison.
    pub ignored: Vec<String>,
    pub elapsed: Duration,
}

/// Runs the orders of `spec` in the scratch database and judges each. Once
/// `stopped` holds, no other begins.
pub async fn explore(
    spec: &Spec,
    scratch: &Scratch,
    options: &ExploreOptions,
    stopped: impl Fn() -> bool,
    mut progress: impl FnMut(Progress),
) -> Result<Exploration, IsolationError> {
    let began = Instant::now();
    let mut lab = Lab::open(spec, scratch, options.level).await?;
    let mut judge = Judge::new(spec);
    let mut orders = Orders::new(spec, options.all);
    let mut found = Exploration {
        level: options.level,
        orders: orders.count(),
        ran: 0,
        impossible: 0,
        failing: 0,
        refused: 0,
        lock_waits: 0,
        not_judged: Vec::new(),
        complete: false,
        shortest: None,
        ignored: Vec::new(),
        elapsed: Duration::ZERO,
    };
    loop {
        if stopped() || began.elapsed() > options.time {
            break;
        }
        let Some(order) = orders.next() else {
            found.complete = true;
            break;
        };
        match lab.run(&order).await? {
            Attempt::Impossible { length } => found.impossible += orders.skip(&order, length),
            Attempt::Ran(run) => {
                let judgement = judge.judge(&mut lab, &run).await?;
                found.take(run, judgement);
            }
        }
        let left =
            found.orders.saturating_sub(u128::from(found.ran)).saturating_sub(found.impossible);
        progress(Progress {
            orders: usize::try_from(found.orders - left).unwrap_or(usize::MAX),
            pending: usize::try_from(left).unwrap_or(usize::MAX),
            failing: usize::try_from(found.failing).unwrap_or(usize::MAX),
        });
    }
    found.ignored = judge.ignored();
    found.elapsed = began.elapsed();
    Ok(found)
}

impl Exploration {
    pub fn conclusion(&self) -> Conclusion {
        if self.failing > 0 {
            return Conclusion::Fail;
        }
        let decided = self.complete && self.not_judged.is_empty();
        if decided { Conclusion::Pass } else { Conclusion::Inconclusive }
    }

    fn take(&mut self, run: Run, judgement: Judgement) {
        self.ran += 1;
        self.refused += u64::from(run.refused.contains(&true));
        self.lock_waits += u64::from(run.lock_waits() > 0);
        match &judgement {
            Judgement::Serializable(_) => {}
            Judgement::NotJudged(reason) => {
                match self.not_judged.iter_mut().find(|(known, _)| known == reason) {
                    Some((_, count)) => *count += 1,
                    None => self.not_judged.push((reason.clone(), 1)),
                }
            }
            Judgement::NotSerializable(_) => {
                self.failing += 1;
                let shorter = |(best, _): &(Run, Judgement)| run.switches() < best.switches();
                if self.shortest.as_ref().is_none_or(shorter) {
                    self.shortest = Some((run, judgement));
                }
            }
        }
    }
}

/// Those of the specification, or all.
enum Orders {
    Listed(std::vec::IntoIter<Order>, usize),
    All(Interleavings, Vec<usize>),
}

impl Orders {
    fn new(spec: &Spec, all: bool) -> Self {
        if all || spec.orders.is_empty() {
            let steps = spec.sessions.iter().map(|session| session.steps.len()).collect();
            return Self::All(Interleavings::of(spec), steps);
        }
        Self::Listed(spec.orders.clone().into_iter(), spec.orders.len())
    }

    fn count(&self) -> u128 {
        match self {
            Self::Listed(_, count) => *count as u128,
            Self::All(_, steps) => interleavings(steps),
        }
    }

    fn next(&mut self) -> Option<Order> {
        match self {
            Self::Listed(orders, _) => orders.next(),
            Self::All(orders, _) => orders.next(),
        }
    }

    /// An order was impossible because of its first `length` steps: so are all that
    /// begin alike. Returns how many these are, with the order itself.
    fn skip(&mut self, order: &Order, length: usize) -> u128 {
        match self {
            Self::Listed(..) => 1,
            Self::All(orders, steps) => {
                orders.skip_prefix(order, length);
                let mut left = steps.clone();
                for id in &order[..length] {
                    left[id.session] -= 1;
                }
                interleavings(&left)
            }
        }
    }
}
