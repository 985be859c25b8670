use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies in an HDR histogram: three significant digits, whatever the number
/// of samples. Recorded in microseconds.
#[derive(Clone, Debug)]
pub struct Latency(Histogram<u64>);

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

impl Latency {
    pub fn new() -> Self {
        #[expect(clippy::unwrap_used, reason = "3 is within the range of significant digits")]
        Self(Histogram::new(3).unwrap())
    }

    pub fn record(&mut self, took: Duration) {
        // It grows as needed, so that only a lack of memory could refuse.
        let _ = self.0.record(Self::micros(took));
    }

    /// As it is recorded.
    pub fn micros(took: Duration) -> u64 {
        u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    pub fn min(&self) -> Duration {
        Duration::from_micros(self.0.min())
    }

    pub fn max(&self) -> Duration {
        Duration::from_micros(self.0.max())
    }

    pub fn mean(&self) -> Duration {
        Duration::from_nanos((self.0.mean() * 1e3) as u64)
    }

    /// The latency that `share` (0 to 1) of the samples did not exceed.
    pub fn quantile(&self, share: f64) -> Duration {
        Duration::from_micros(self.0.value_at_quantile(share))
    }

    /// How many samples were at most as long as each of `bounds`, which ascend,
    /// and the sum of all. What is closer to a bound than the histogram can tell
    /// counts as not longer.
    pub fn cumulated(&self, bounds: &[Duration]) -> (Vec<u64>, Duration) {
        let mut counts = vec![0; bounds.len()];
        let mut micros = 0.0;
        for bin in self.0.iter_recorded() {
            let (value, count) = (bin.value_iterated_to(), bin.count_since_last_iteration());
            let least = Duration::from_micros(self.0.lowest_equivalent(value));
            let within = bounds.partition_point(|bound| *bound < least);
            counts.iter_mut().skip(within).for_each(|sum| *sum += count);
            micros += self.0.median_equivalent(value) as f64 * count as f64;
        }
        (counts, Duration::try_from_secs_f64(micros / 1e6).unwrap_or(Duration::MAX))
    }

    pub fn merge(&mut self, other: &Self) {
        // Only a histogram of fixed size can refuse; this one resizes itself.
        let _ = self.0.add(&other.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_three_digits_over_the_whole_range() {
        let mut latency = Latency::new();
        for micros in [1, 1_000, 1_000_000, 3_600_000_000] {
            latency.record(Duration::from_micros(micros));
        }
        let within = |quantile: f64, micros: u64| {
            let value = latency.quantile(quantile).as_micros() as f64;
            (value / micros as f64 - 1.0).abs() < 0.001
        };
        assert!(within(0.25, 1) && within(0.5, 1_000) && within(0.75, 1_000_000));
        assert!(within(1.0, 3_600_000_000));
        assert_eq!(latency.count(), 4);
    }

    #[test]
    fn samples_are_counted_up_to_bounds() {
        let mut latency = Latency::new();
        for micros in [400, 500, 501, 20_000] {
            latency.record(Duration::from_micros(micros));
        }
        let (counts, sum) = latency.cumulated(&[500, 1_000, 30_000].map(Duration::from_micros));
        assert_eq!(counts, [2, 3, 4]);
        let off = sum.as_secs_f64() / 0.021_401 - 1.0;
        assert!(off.abs() < 0.001, "{sum:?}");
        assert_eq!(Latency::new().cumulated(&[Duration::ZERO]), (vec![0], Duration::ZERO));
    }
}
