use std::time::Duration;

use super::Trend;
use crate::facts::Latency;
use crate::model::{Aggregation, MetricKind};

/// The values of one metric, or of a part of it.
#[derive(Clone, Debug)]
pub enum Series {
    Counter {
        sum: f64,
    },
    /// `None`: there is no value yet.
    Gauge(Option<Gauge>),
    Rate {
        hits: u64,
        total: u64,
    },
    /// A trend of durations, which thresholds measure in milliseconds.
    Time(Latency),
    Trend(Trend),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    pub value: f64,
    pub min: f64,
    pub max: f64,
}

impl Series {
    /// Of numbers.
    pub fn new(kind: MetricKind) -> Self {
        match kind {
            MetricKind::Counter => Self::Counter { sum: 0.0 },
            MetricKind::Gauge => Self::Gauge(None),
            MetricKind::Rate => Self::Rate { hits: 0, total: 0 },
            MetricKind::Trend => Self::Trend(Trend::default()),
        }
    }

    pub fn kind(&self) -> MetricKind {
        match self {
            Self::Counter { .. } => MetricKind::Counter,
            Self::Gauge(_) => MetricKind::Gauge,
            Self::Rate { .. } => MetricKind::Rate,
            Self::Time(_) | Self::Trend(_) => MetricKind::Trend,
        }
    }

    /// The number that a threshold asks for, after `elapsed`. `None`: there is no
    /// value to make it of, or a metric of this kind has no such number. That
    /// nothing was counted is a value: 0.
    pub fn get(&self, aggregation: Aggregation, elapsed: Duration) -> Option<f64> {
        use Aggregation as A;
        match (self, aggregation) {
            (Self::Counter { sum }, A::Count) => Some(*sum),
            (Self::Counter { sum }, A::Rate) => Some(per_second(*sum, elapsed)),
            (Self::Gauge(gauge), A::Value) => Some((*gauge)?.value),
            (Self::Rate { hits, total }, A::Rate) => {
                (*total > 0).then(|| *hits as f64 / *total as f64)
            }
            (Self::Trend(trend), _) => match aggregation {
                A::Avg => trend.mean(),
                A::Min => trend.min(),
                A::Max => trend.max(),
                A::Med => trend.quantile(0.5),
                A::Percentile(percent) => trend.quantile(percent / 100.0),
                A::Count | A::Rate | A::Value => None,
            },
            (Self::Time(latency), _) if latency.count() > 0 => {
                let time = match aggregation {
                    A::Avg => latency.mean(),
                    A::Min => latency.min(),
                    A::Max => latency.max(),
                    A::Med => latency.quantile(0.5),
                    A::Percentile(percent) => latency.quantile(percent / 100.0),
                    A::Count | A::Rate | A::Value => return None,
                };
                Some(time.as_secs_f64() * 1e3)
            }
            _ => None,
        }
    }

    /// Whether there is a value in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Counter { sum } => *sum == 0.0,
            Self::Gauge(gauge) => gauge.is_none(),
            Self::Rate { total, .. } => *total == 0,
            Self::Time(latency) => latency.count() == 0,
            Self::Trend(trend) => trend.count() == 0,
        }
    }

    /// Takes a number in; what is none is left out.
    pub(super) fn add(&mut self, number: f64) {
        if !number.is_finite() {
            return;
        }
        match self {
            Self::Counter { sum } => *sum += number,
            Self::Gauge(gauge) => {
                let Gauge { min, max, .. } =
                    gauge.unwrap_or(Gauge { value: number, min: number, max: number });
                *gauge = Some(Gauge { value: number, min: min.min(number), max: max.max(number) });
            }
            Self::Rate { hits, total } => {
                *hits += u64::from(number != 0.0);
                *total += 1;
            }
            Self::Time(latency) => latency.record(Duration::from_secs_f64(number.max(0.0) / 1e3)),
            Self::Trend(trend) => trend.record(number),
        }
    }
}

fn per_second(sum: f64, elapsed: Duration) -> f64 {
    match elapsed.as_secs_f64() {
        seconds if seconds > 0.0 => sum / seconds,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_SECONDS: Duration = Duration::from_secs(2);

    fn of(kind: MetricKind, values: &[f64]) -> Series {
        let mut series = Series::new(kind);
        values.iter().for_each(|value| series.add(*value));
        series
    }

    fn get(series: &Series, aggregation: Aggregation) -> Option<f64> {
        series.get(aggregation, TWO_SECONDS)
    }

    #[test]
    fn each_kind_has_its_numbers() {
        use Aggregation as A;
        let counter = of(MetricKind::Counter, &[1.0, 2.5]);
        assert_eq!((get(&counter, A::Count), get(&counter, A::Rate)), (Some(3.5), Some(1.75)));
        let gauge = of(MetricKind::Gauge, &[5.0, -1.0, 3.0]);
        assert_eq!(get(&gauge, A::Value), Some(3.0));
        assert!(matches!(gauge, Series::Gauge(Some(Gauge { min: -1.0, max: 5.0, .. }))));
        let rate = of(MetricKind::Rate, &[1.0, 0.0, 0.5, 0.0]);
        assert_eq!(get(&rate, A::Rate), Some(0.5));
        let trend = of(MetricKind::Trend, &[1.0, 2.0, 6.0, f64::NAN]);
        assert_eq!(get(&trend, A::Avg), Some(3.0));
        assert_eq!((get(&trend, A::Min), get(&trend, A::Max)), (Some(1.0), Some(6.0)));
        assert!(get(&trend, A::Med).is_some_and(|med| (med - 2.0).abs() < 0.001));
        assert_eq!(get(&trend, A::Percentile(100.0)), Some(6.0));
    }

    #[test]
    fn durations_are_in_milliseconds() {
        use Aggregation as A;
        let mut latency = Latency::new();
        latency.record(Duration::from_millis(20));
        latency.record(Duration::from_millis(40));
        let time = Series::Time(latency);
        let close = |aggregation, expected: f64| {
            get(&time, aggregation).is_some_and(|found| (found - expected).abs() < 0.05)
        };
        assert!(close(A::Avg, 30.0) && close(A::Min, 20.0) && close(A::Max, 40.0));
        assert!(close(A::Med, 20.0) && close(A::Percentile(95.0), 40.0));
    }

    #[test]
    fn a_kind_has_no_number_of_another() {
        for kind in [MetricKind::Counter, MetricKind::Gauge, MetricKind::Rate, MetricKind::Trend] {
            let series = of(kind, &[1.0]);
            for (_, aggregation) in Aggregation::NAMED {
                let there = get(&series, aggregation).is_some();
                assert_eq!(there, kind.has(aggregation), "{kind} {aggregation}");
            }
        }
    }

    #[test]
    fn without_values_there_is_no_number_but_the_count() {
        use Aggregation as A;
        assert_eq!(get(&of(MetricKind::Counter, &[]), A::Count), Some(0.0));
        assert_eq!(of(MetricKind::Counter, &[]).get(A::Rate, Duration::ZERO), Some(0.0));
        assert_eq!(get(&of(MetricKind::Gauge, &[]), A::Value), None);
        assert_eq!(get(&of(MetricKind::Rate, &[]), A::Rate), None);
        assert_eq!(get(&of(MetricKind::Trend, &[]), A::Avg), None);
        assert_eq!(get(&Series::Time(Latency::new()), A::Percentile(95.0)), None);
    }
}
