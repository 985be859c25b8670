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
}
