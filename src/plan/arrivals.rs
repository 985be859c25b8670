use std::time::Duration;

use crate::scenario::{Executor, Stage};

/// When each iteration of an arrival rate is due, counted from the start of the
/// workload. Iterations are numbered from 0.
///
/// The number of iterations up to a moment is the area under the rate. It is
/// kept in whole numbers (of iterations times time units times two), so that
/// no rounding adds or loses an iteration however long the run.
#[derive(Clone, Debug)]
pub struct Arrivals(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// The first one is due at once, as in k6.
    Constant { rate: u128, time_unit: u128, duration: u128 },
    /// The first one is due when the area has grown to a whole one, as in k6.
    Ramping { time_unit: u128, slopes: Vec<Slope> },
}

/// One stage, in nanoseconds and iterations per time unit.
#[derive(Clone, Copy, Debug)]
struct Slope {
    start: u128,
    length: u128,
    from: u64,
    to: u64,
    /// Twice the area under all stages before it.
    before: u128,
    /// The same up to its end.
    after: u128,
}

impl Arrivals {
    /// `None`: the executor has no arrival rate.
    pub fn new(executor: &Executor) -> Option<Self> {
        Some(Self(match executor {
            Executor::ConstantArrivalRate { rate, time_unit, duration, .. } => Kind::Constant {
                rate: u128::from(*rate).max(1),
                time_unit: time_unit.as_nanos(),
                duration: duration.as_nanos(),
            },
            Executor::RampingArrivalRate { start_rate, time_unit, stages, .. } => Kind::Ramping {
                time_unit: time_unit.as_nanos().max(1),
                slopes: slopes(*start_rate, stages),
            },
            _ => return None,
        }))
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        let total = match &self.0 {
            Kind::Constant { rate, time_unit, duration } => {
                duration.saturating_mul(*rate).div_ceil((*time_unit).max(1))
            }
            Kind::Ramping { time_unit, slopes } => {
                slopes.last().map_or(0, |last| last.after) / (2 * time_unit)
            }
        };
        u64::try_from(total).unwrap_or(u64::MAX)
    }

    /// When iteration `number` is due; `None` from [`total`](Self::total) on.
    pub fn due(&self, number: u64) -> Option<Duration> {
        let nanos = match &self.0 {
            Kind::Constant { rate, time_unit, duration } => {
                Some(u128::from(number) * time_unit / rate).filter(|due| due < duration)?
            }
            Kind::Ramping { time_unit, slopes } => {
                let area = (u128::from(number) + 1) * 2 * time_unit;
                // The first stage in which the area is reached.
                let slope = slopes.get(slopes.partition_point(|slope| slope.after < area))?;
                slope.start + slope.reaches(area)
            }
        };
        Some(Duration::from_nanos(u64::try_from(nanos).ok()?))
    }
}

impl Slope {
    /// How long after its start twice the area under everything is `area`.
    fn reaches(&self, area: u128) -> u128 {
        let (from, to) = (self.from as f64, self.to as f64);
        let area = (area - self.before) as f64;
        // from x + (to - from) x² / (2 length) = area / 2, solved in the form
        // that also holds where the rate does not change.
        let root = (from * from + area * (to - from) / self.length as f64).max(0.0).sqrt();
        let time = (area / (from + root)).round();
        // A float never leads out of the stage: a cast saturates.
        (time as u128).min(self.length)
    }
}

fn slopes(start_rate: u64, stages: &[Stage]) -> Vec<Slope> {
    let (mut from, mut start, mut before) = (start_rate, 0, 0);
    let slope = |stage: &Stage| {
        let (to, length) = (stage.target, stage.duration.as_nanos());
        let after = before + (u128::from(from) + u128::from(to)) * length;
        let slope = Slope { start, length, from, to, before, after };
        (from, start, before) = (to, start + length, after);
        slope
    };
    stages.iter().map(slope).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::VuPool;

    const POOL: VuPool = VuPool { pre_allocated: 1, max: 1 };
    const SECOND: Duration = Duration::from_secs(1);

    fn constant(rate: u64, time_unit: Duration, duration: Duration) -> Arrivals {
        let executor = Executor::ConstantArrivalRate { rate, time_unit, duration, pool: POOL };
        Arrivals::new(&executor).expect("an arrival rate")
    }

    fn ramping(start_rate: u64, stages: &[(Duration, u64)]) -> Arrivals {
        let stages = stages.iter().map(|&(duration, target)| Stage { duration, target }).collect();
        let (time_unit, pool) = (SECOND, POOL);
        let executor = Executor::RampingArrivalRate { start_rate, time_unit, stages, pool };
        Arrivals::new(&executor).expect("an arrival rate")
    }

    fn all(arrivals: &Arrivals) -> Vec<Duration> {
        (0..).map_while(|number| arrivals.due(number)).collect()
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_constant_rate_begins_at_once_and_spaces_evenly() {
        let due = all(&constant(10, SECOND, SECOND));
        assert_eq!(due, (0..10).map(|number| ms(100 * number)).collect::<Vec<_>>());
        let slow = constant(30, Duration::from_secs(60), Duration::from_secs(5));
        assert_eq!(all(&slow), [ms(0), ms(2000), ms(4000)]);
        assert_eq!(slow.total(), 3);
    }

    #[test]
    fn a_period_that_is_no_whole_number_does_not_drift() {
        let third = constant(3, SECOND, Duration::from_secs(3600));
        assert_eq!(third.total(), 10_800);
        assert_eq!(third.due(10_797), Some(Duration::from_secs(3599)));
        let million = constant(1_000_000, SECOND, Duration::from_secs(86_400));
        assert_eq!(million.due(7_000_000_001), Some(Duration::from_micros(7_000_000_001)));
    }

    #[test]
    fn a_ramp_begins_when_the_area_is_one() {
        // 2 a second throughout: the first after half a second.
        let flat = ramping(2, &[(SECOND, 2), (SECOND, 2)]);
        assert_eq!(all(&flat), [ms(500), ms(1000), ms(1500), ms(2000)]);
        // From 0 to 2 a second in a second: x² = 1, so that one is due at the end.
        assert_eq!(all(&ramping(0, &[(SECOND, 2)])), [ms(1000)]);
        // From 0 to 8 in 4 s: x² = n.
        let due = all(&ramping(0, &[(ms(4000), 8)]));
        assert_eq!(due.len(), 16);
        for (number, due) in (1..).zip(due) {
            let expected = f64::from(number).sqrt();
            assert!((due.as_secs_f64() - expected).abs() < 1e-8, "{number}: {due:?}");
        }
    }

    #[test]
    fn a_ramp_down_is_a_ramp_up_backwards() {
        let (up, down) = (ramping(0, &[(ms(4000), 8)]), ramping(8, &[(ms(4000), 0)]));
        assert_eq!((up.total(), down.total()), (16, 16));
        for number in 0..15 {
            let mirrored = ms(4000) - up.due(14 - number).expect("due");
            let due = down.due(number).expect("due");
            assert!(due.abs_diff(mirrored) < Duration::from_micros(1), "{due:?} {mirrored:?}");
        }
    }

    #[test]
    fn what_a_stage_leaves_over_counts_in_the_next() {
        // 0.9 of an iteration, then 10 a second: 0.1 more is reached after 10 ms.
        let due = all(&ramping(1, &[(ms(900), 1), (ms(0), 10), (SECOND, 10)]));
        assert_eq!(due[..2], [ms(910), ms(1010)]);
        assert_eq!(due.len(), 10);
    }

    #[test]
    fn a_stage_without_a_rate_is_a_pause() {
        let due = all(&ramping(
            0,
            &[(ms(0), 2), (SECOND, 2), (ms(0), 0), (SECOND, 0), (ms(0), 2), (SECOND, 2)],
        ));
        assert_eq!(due, [ms(500), ms(1000), ms(2500), ms(3000)]);
    }

    #[test]
    fn times_never_go_back_and_the_total_is_exact() {
        let arrivals = ramping(7, &[(ms(1234), 3000), (ms(777), 0), (ms(0), 50), (ms(4321), 51)]);
        let due = all(&arrivals);
        assert_eq!(due.len() as u64, arrivals.total());
        assert!(due.is_sorted());
        assert!(due.last() <= Some(&ms(1234 + 777 + 4321)));
    }
}
