//! How much a run proves: which gaps between read and write would it have caught?
//!
//! A service that reads a balance and writes it back loses an update when somebody
//! else writes in the gap between. The longer the gap, the likelier a run catches
//! it. The detection limit of a run is the smallest gap that its very schedule
//! would have caught with a probability of 95%, judged by answers exactly as rich
//! as its own. It says something about the run and nothing about the service:
//! one whose gap is smaller may pass.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use serde::Serialize;

use super::guard::guarded;
use super::replay::Replay;
use super::schedule::{Schedule, stretches};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectionOptions {
    pub seed: u64,
    /// Times that the schedule is replayed for each gap, at most.
    pub replays: u32,
    /// At most so many updates are replayed each time: a stretch of each account,
    /// in proportion.
    pub operations: usize,
    /// A gap that is tried beside the others, for the curve.
    pub gap: Option<Duration>,
}

impl Default for DetectionOptions {
    fn default() -> Self {
        Self { seed: 1, replays: 1_000, operations: 300, gap: None }
    }
}

/// Updates replayed for each gap, where that is often enough.
const STEPS: usize = 60_000;
/// Without a single miss, so many replays are enough for 99%.
const ENOUGH: u32 = 300;
/// Replays between two looks at whether they are enough.
const BATCH: u32 = 60;
/// What is said may be wrong by bad luck so often.
const RISK: f64 = 0.05;

/// What the limits are told for.
const LEVELS: [f64; 3] = [0.5, 0.95, 0.99];

/// Gaps are tried in steps of a quarter: these, times powers of ten, in
/// nanoseconds from 1 µs to 10 s.
const STEPS_OF_TEN: [u64; 10] =
    [1_000, 1_250, 1_600, 2_000, 2_500, 3_150, 4_000, 5_000, 6_300, 8_000];
const DECADES: u32 = 7;

/// Which gaps would have been caught.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detection {
    /// The smallest gaps that would have been caught so often.
    pub gap_ms: Limits,
    /// The gaps that were tried, ascending, and how often each was caught.
    pub curve: Vec<Tried>,
    /// Half of the updates took no longer.
    pub update_ms: f64,
    /// Updates replayed each time, at most, and how many the history has.
    pub replayed: usize,
    pub updates: usize,
}

/// In milliseconds. 0: any gap, because clients read and write back by two
/// requests. `None`: no gap.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Limits {
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
}

/// The share of replays in which a service with this gap was caught; of a sample,
/// what follows for the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tried {
    pub gap_ms: f64,
    pub caught: f64,
    /// The share lies between these with 95%.
    pub low: f64,
    pub high: f64,
    pub replays: u32,
}

impl Detection {
    /// Only a part of the history was replayed.
    pub fn is_sample(&self) -> bool {
        self.replayed < self.updates
    }

    /// Whether gaps of this length would have been caught with 95%.
    pub fn reaches(&self, gap: Duration) -> bool {
        self.gap_ms.p95.is_some_and(|limit| limit <= gap.as_secs_f64() * 1e3)
    }
}

/// `None`: there was nothing to replay. Deterministic by seed, and bounded: a few
/// million updates are replayed, however many the history has.
pub fn detection(schedule: &Schedule, options: &DetectionOptions) -> Option<Detection> {
    if schedule.updates.is_empty() {
        return None;
    }
    // Numbers too large to calculate with: nothing is claimed.
    guarded(|| Search::new(schedule, options).detection()).ok()
}

/// How often a gap was tried, and how often it was caught.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    caught: u32,
    replays: u32,
}

struct Search<'a> {
    schedule: &'a Schedule,
    options: &'a DetectionOptions,
    replay: Replay<'a>,
    /// All updates by invocation, where all of them are replayed.
    whole: Option<Vec<u32>>,
    replayed: usize,
    /// How many such parts the whole run has. Misses multiply: the whole misses
    /// what each of its parts misses, and the product of their shares is at most
    /// the power of their mean.
    parts: f64,
    gaps: Vec<u64>,
    /// By the gap.
    counts: BTreeMap<u64, Count>,
}

impl<'a> Search<'a> {
    fn new(schedule: &'a Schedule, options: &'a DetectionOptions) -> Self {
        let taken = schedule.updates.len();
        let replayed = taken.min(options.operations);
        let whole = (replayed == taken).then(|| sorted(schedule, (0..taken as u32).collect()));
        let parts = match schedule.adds_up() {
            true => schedule.all as f64 / replayed as f64,
            false => 1.0,
        };
        let decades = (0..DECADES).map(|decade| 10_u64.pow(decade));
        let gaps = decades.flat_map(|power| STEPS_OF_TEN.map(|step| step * power));
        let gaps = std::iter::once(0).chain(gaps).chain([10_000_000_000]).collect();
        let (replay, counts) = (Replay::new(schedule), BTreeMap::new());
        Self { schedule, options, replay, whole, replayed, parts, gaps, counts }
    }

    fn detection(mut self) -> Detection {
        let [p50, p95, p99] = LEVELS.map(|level| {
            let least = self.least(level)?;
            Some(self.gaps[least] as f64 / 1e6)
        });
        if let Some(gap) = self.options.gap {
            self.try_again(gap.as_nanos() as u64, self.most());
        }
        let tried = |(gap, count): (&u64, &Count)| {
            let (low, high) = count.interval();
            Tried {
                gap_ms: *gap as f64 / 1e6,
                caught: self.of_whole(count.share()),
                low: self.of_whole(low),
                high: self.of_whole(high),
                replays: count.replays,
            }
        };
        Detection {
            gap_ms: Limits { p50, p95, p99 },
            curve: self.counts.iter().map(tried).collect(),
            update_ms: self.schedule.middling as f64 / 1e6,
            replayed: self.replayed,
            updates: self.schedule.all,
        }
    }

    /// The place of the smallest gap from which on all are caught so often. Longer
    /// gaps are caught more often, as a rule; three longer ones are looked at.
    fn least(&mut self, level: f64) -> Option<usize> {
        let longest = self.gaps.len() - 1;
        let mut low = 0;
        if !self.is_caught(longest, level) {
            return None;
        }
        'again: loop {
            let mut high = longest;
            while low < high {
                let middle = usize::midpoint(low, high);
                if self.is_caught(middle, level) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            for further in [2, 6, 16] {
                if high + further < longest && !self.is_caught(high + further, level) {
                    low = high + further + 1;
                    continue 'again;
                }
            }
            return Some(high);
        }
    }

    /// Whether the gap is certain to be caught so often.
    fn is_caught(&mut self, gap: usize, level: f64) -> bool {
        // Of a part, less is enough.
        let level = 1.0 - (1.0 - level).powf(1.0 / self.parts);
        let (gap, most) = (self.gaps[gap], self.most());
        loop {
            let count = self.counts.get(&gap).copied().unwrap_or_default();
            if count.replays > 0 {
                if count.is_above(level) {
                    return true;
                }
                if count.is_below(level) || count.replays >= most {
                    return false;
                }
            }
            self.try_again(gap, most.min(count.replays + BATCH));
        }
    }

    /// Replays for each gap, at most.
    fn most(&self) -> u32 {
        self.options.replays.min(((STEPS / self.replayed) as u32).max(ENOUGH))
    }

    /// Replays until it was done so often.
    fn try_again(&mut self, gap: u64, until: u32) {
        let mut count = self.counts.get(&gap).copied().unwrap_or_default();
        for nth in count.replays..until {
            count.caught += u32::from(self.catches(gap, self.options.seed + u64::from(nth)));
        }
        count.replays = count.replays.max(until);
        self.counts.insert(gap, count);
    }

    fn catches(&mut self, gap: u64, seed: u64) -> bool {
        let random = &mut Rng::with_seed(seed);
        if let Some(whole) = &self.whole {
            return self.replay.is_caught(whole, gap, random);
        }
        let stretches = stretches(&self.schedule.groups, self.options.operations, random);
        let chosen = stretches.into_iter().flatten().map(|update| update as u32).collect();
        self.replay.is_caught(&sorted(self.schedule, chosen), gap, random)
    }

    /// What a share of a part means for the whole.
    fn of_whole(&self, share: f64) -> f64 {
        1.0 - (1.0 - share).powf(self.parts)
    }
}

fn sorted(schedule: &Schedule, mut chosen: Vec<u32>) -> Vec<u32> {
    chosen.sort_by_key(|update| schedule.updates[*update as usize].invoked);
    chosen
}

impl Count {
    fn share(self) -> f64 {
        f64::from(self.caught) / f64::from(self.replays)
    }

    /// If the true share were `level`, so many would hardly have been caught.
    fn is_above(self, level: f64) -> bool {
        self.share() > level && binomial_tail(self.replays, self.caught, level) <= RISK
    }

    /// Nor so few.
    fn is_below(self, level: f64) -> bool {
        let missed = self.replays - self.caught;
        self.share() < level && binomial_tail(self.replays, missed, 1.0 - level) <= RISK
    }

    /// Wilson's, for 95%.
    fn interval(self) -> (f64, f64) {
        const Z: f64 = 1.96;
        let (share, n) = (self.share(), f64::from(self.replays));
        let middle = share + Z * Z / (2.0 * n);
        let wide = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let at = |value: f64| (value / (1.0 + Z * Z / n)).clamp(0.0, 1.0);
        (at(middle - wide), at(middle + wide))
    }
}

/// The probability of at least `k` hits in `n` tries that hit with probability `p`.
fn binomial_tail(n: u32, k: u32, p: f64) -> f64 {
    let (n, k) = (f64::from(n), f64::from(k));
    // ln of the probability of exactly n hits, then of one less each time.
    let mut hits = n;
    let mut term = n * p.ln();
    let mut sum = 0.0;
    while hits >= k {
        sum += term.exp();
        term += (hits / (n - hits + 1.0)).ln() + ((1.0 - p) / p).ln();
        hits -= 1.0;
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::super::floors::Floors;
    use super::super::model::{Kind, Op, Outcome};
    use super::super::schedule::{Accounts, Client, Sampler};
    use super::*;

    const MS: u64 = 1_000_000;

    /// Updates of one account by virtual users that wait, each `length` long.
    struct Shape {
        clients: u32,
        each: u64,
        think: u64,
        length: u64,
        told: bool,
        end: Option<i64>,
        /// Of each client in turn.
        deltas: Vec<i64>,
        awaits: bool,
    }

    impl Default for Shape {
        fn default() -> Self {
            Self {
                clients: 10,
                each: 10,
                think: MS,
                length: MS,
                told: true,
                end: Some(0),
                deltas: (1..=11).collect(),
                awaits: true,
            }
        }
    }

    impl Shape {
        fn schedule(&self) -> Schedule {
            let mut ops: Vec<(u64, u32)> = Vec::new();
            for client in 0..self.clients {
                // Not all at the same moment.
                let begin = u64::from(client) * 7_919_000 % (self.think + self.length);
                let step = self.think + self.length;
                ops.extend((0..self.each).map(|nth| (begin + nth * step, client)));
            }
            ops.sort_unstable();
            let mut sampler = Sampler::new([ops.len() as u64].into_iter(), 1);
            for (id, (invoked, process)) in ops.into_iter().enumerate() {
                let delta = self.deltas[id % self.deltas.len()];
                let kind = Kind::Update { account: 0, delta, balance: self.told.then_some(1) };
                let (completed, outcome) = (invoked + self.length, Outcome::Ok);
                let op = Op { id: id as u64, invoked, completed, kind, outcome };
                let awaits = self.awaits;
                sampler.see(&op, Client { process, read_at: invoked, awaits, in_conflict: false });
            }
            let end = [self.end];
            let floors = Floors::default();
            sampler.schedule(&Accounts { initial: &[0], end: &end, floors: &floors })
        }

        fn limit(&self) -> Option<f64> {
            let found = detection(&self.schedule(), &DetectionOptions::default());
            found.expect("a detection").gap_ms.p95
        }
    }

    #[test]
    fn one_client_alone_catches_nothing() {
        assert_eq!(Shape { clients: 1, ..Shape::default() }.limit(), None);
    }

    #[test]
    fn more_updates_catch_smaller_gaps_and_the_seed_decides() {
        let few = Shape { clients: 2, ..Shape::default() }.limit().expect("a gap");
        let many = Shape { clients: 10, each: 30, ..Shape::default() }.limit().expect("a gap");
        assert!(many < few / 5.0, "{many} {few}");
        assert_eq!(few, Shape { clients: 2, ..Shape::default() }.limit().expect("a gap"));
    }

    /// 300 updates in 60 ms on one account: each gap of g ms is hit by 5 g others.
    #[test]
    fn the_limit_is_where_arithmetic_puts_it() {
        for awaits in [true, false] {
            let shape = Shape { each: 30, awaits, ..Shape::default() };
            let limit = shape.limit().expect("a gap");
            // 95%: 3 = 300 * 5 * g
            assert!((0.001..0.004).contains(&limit), "{limit}");
        }
    }

    #[test]
    fn a_large_run_is_sampled_and_its_limit_is_not_that_of_the_sample() {
        let small = Shape { each: 50, ..Shape::default() };
        let large = Shape { each: 2_000, ..Shape::default() };
        let found = detection(&large.schedule(), &DetectionOptions::default()).expect("one");
        assert!(found.is_sample() && found.updates == 20_000, "{found:?}");
        assert!(found.gap_ms.p95 <= small.limit());
    }

    #[test]
    fn what_nobody_told_and_nobody_read_shows_nothing() {
        assert_eq!(Shape { told: false, end: None, ..Shape::default() }.limit(), None);
        assert!(Shape { told: false, ..Shape::default() }.limit().is_some());
        assert!(Shape { end: None, ..Shape::default() }.limit().is_some());
    }

    /// +1 and +2 at once, then -1 and -2 at once: one of each pair is lost, and in
    /// half of the cases the two losses make up for each other.
    #[test]
    fn losses_that_cancel_are_seen_by_balances_alone() {
        let shape = |told| {
            let pair = |at: u64, a: i64, b: i64| [(at, a), (at + 1, b)];
            let mut sampler = Sampler::new([4].into_iter(), 1);
            let all = pair(0, 1, 2).into_iter().chain(pair(MS, -1, -2));
            for (id, (invoked, delta)) in (0..).zip(all) {
                let kind = Kind::Update { account: 0, delta, balance: told };
                let completed = invoked + MS / 2;
                let op = Op { id, invoked, completed, kind, outcome: Outcome::Ok };
                let client = Client {
                    process: id as u32,
                    read_at: invoked,
                    awaits: true,
                    in_conflict: false,
                };
                sampler.see(&op, client);
            }
            let floors = Floors::default();
            let accounts = Accounts { initial: &[1000], end: &[Some(1000)], floors: &floors };
            detection(&sampler.schedule(&accounts), &DetectionOptions::default()).expect("one")
        };
        assert!(shape(Some(1)).gap_ms.p95 <= Some(0.5));
        let silent = shape(None);
        // With a longer gap the second pair reads before the first one has written.
        assert!(silent.gap_ms.p95 >= Some(1.0), "{silent:?}");
        let apart = silent.curve.iter().rfind(|tried| tried.gap_ms < 0.5).expect("a gap");
        assert!((0.35..0.65).contains(&apart.caught), "{apart:?}");
    }

    #[test]
    fn a_read_by_its_own_request_leaves_a_gap_of_its_own() {
        let mut sampler = Sampler::new([60].into_iter(), 1);
        for id in 0..60 {
            let invoked = id * MS + 10 * MS;
            let kind = Kind::Update { account: 0, delta: 3, balance: Some(1) };
            let op = Op { id, invoked, completed: invoked + MS, kind, outcome: Outcome::Failed };
            let read_at = invoked - 3 * MS;
            let client =
                Client { process: id as u32 % 6, read_at, awaits: true, in_conflict: true };
            sampler.see(&op, client);
        }
        let floors = Floors::default();
        let accounts = Accounts { initial: &[0], end: &[Some(0)], floors: &floors };
        let found = detection(&sampler.schedule(&accounts), &DetectionOptions::default());
        assert_eq!(found.expect("one").gap_ms.p95, Some(0.0));
    }

    #[test]
    fn tails_of_the_binomial_distribution() {
        for (n, k, p, expected) in [
            (59, 59, 0.95, 0.0485),
            (10, 5, 0.5, 0.623),
            (4, 0, 0.3, 1.0),
            (200, 196, 0.95, 0.0264),
        ] {
            let tail = binomial_tail(n, k, p);
            assert!((tail - expected).abs() < 5e-4, "{n} {k} {p}: {tail}");
        }
    }
}
