/// A power of two is divided into so many buckets.
const PER_OCTAVE: usize = 1 << BITS;
const BITS: u32 = 10;
/// Magnitudes below 2^-30 (about 1e-9) count as zero, those from 2^70 (about
/// 1e21) up fall into the last bucket.
const LEAST: i32 = -30;
const OCTAVES: usize = 100;

/// The distribution of any finite numbers, in an HDR histogram over the bits of
/// a float: whatever the number of samples, it takes 8 kB for each power of two
/// between the smallest and the largest magnitude, 1.6 MB at most.
///
/// Quantiles are within 0.05% of a sample. Count, sum, smallest and largest are
/// exact, as far as floats are.
#[derive(Clone, Debug, Default)]
pub struct Trend {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
    zeros: u64,
    /// By magnitude.
    above: Buckets,
    below: Buckets,
}

/// How many samples fall into each bucket, from that of the smallest magnitude.
#[derive(Clone, Debug, Default)]
struct Buckets {
    /// The bucket that `counts` begins with; a multiple of [`PER_OCTAVE`].
    first: usize,
    counts: Vec<u64>,
}

impl Trend {
    /// What is no finite number is left out.
    pub fn record(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        let first = self.count == 0;
        self.count += 1;
        self.sum += value;
        self.min = if first { value } else { self.min.min(value) };
        self.max = if first { value } else { self.max.max(value) };
        match bucket(value.abs()) {
            None => self.zeros += 1,
            Some(bucket) if value > 0.0 => self.above.add(bucket),
            Some(bucket) => self.below.add(bucket),
        }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// `None` for this and all that follow: there is no sample.
    pub fn mean(&self) -> Option<f64> {
        self.if_any(self.sum / self.count as f64)
    }

    pub fn min(&self) -> Option<f64> {
        self.if_any(self.min)
    }

    pub fn max(&self) -> Option<f64> {
        self.if_any(self.max)
    }

    /// What `share` (0 to 1) of the samples did not exceed.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = (share * self.count as f64).ceil().clamp(1.0, self.count.max(1) as f64) as u64;
        self.if_any(self.at_rank(rank).clamp(self.min, self.max))
    }

    fn at_rank(&self, rank: u64) -> f64 {
        let mut seen = 0;
        for (bucket, count) in self.below.iter().rev() {
            seen += count;
            if seen >= rank {
                return -middle(bucket);
            }
        }
        seen += self.zeros;
        if seen >= rank {
            return 0.0;
        }
        for (bucket, count) in self.above.iter() {
            seen += count;
            if seen >= rank {
                return middle(bucket);
            }
        }
        self.max
    }

    fn if_any(&self, value: f64) -> Option<f64> {
        (self.count > 0).then_some(value)
    }
}

impl Buckets {
    fn add(&mut self, bucket: usize) {
        let octave = bucket - bucket % PER_OCTAVE;
        if self.counts.is_empty() {
            self.first = octave;
        }
        if octave < self.first {
            let missing = self.first - octave;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = octave;
        }
        let index = bucket - self.first;
        if index >= self.counts.len() {
            self.counts.resize(octave - self.first + PER_OCTAVE, 0);
        }
        self.counts[index] += 1;
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, u64)> {
        let counts = self.counts.iter().enumerate();
        counts.map(|(index, count)| (self.first + index, *count)).filter(|(_, count)| *count > 0)
    }
}

/// Floats of one sign are ordered as their bits are: exponent and the first bits
/// of the fraction number the buckets.
fn bucket(magnitude: f64) -> Option<usize> {
    let number = (magnitude.to_bits() >> (f64::MANTISSA_DIGITS - 1 - BITS)) as usize;
    let number = number.checked_sub(offset())?;
    Some(number.min(OCTAVES * PER_OCTAVE - 1))
}

fn middle(bucket: usize) -> f64 {
    let bits = ((bucket + offset()) as u64) << (f64::MANTISSA_DIGITS - 1 - BITS);
    let width = 1 << (f64::MANTISSA_DIGITS - 1 - BITS);
    f64::midpoint(f64::from_bits(bits), f64::from_bits(bits + width))
}

/// The number of the bucket that begins with the least magnitude.
const fn offset() -> usize {
    ((f64::MAX_EXP - 1 + LEAST) as usize) << BITS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Trend {
        let mut trend = Trend::default();
        values.iter().for_each(|value| trend.record(*value));
        trend
    }

    #[test]
    fn nothing_has_no_numbers() {
        let trend = of(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
        let numbers = [trend.mean(), trend.min(), trend.max(), trend.quantile(0.5)];
        assert_eq!((trend.count(), numbers), (0, [None; 4]));
    }

    #[test]
    fn both_signs_zero_and_fractions_are_in_order() {
        let trend = of(&[-1000.0, -0.25, 0.0, 0.001, 7.5]);
        let quantiles = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0].map(|share| trend.quantile(share));
        let expected = [-1000.0, -1000.0, -0.25, 0.0, 0.001, 7.5];
        for (quantile, expected) in quantiles.into_iter().zip(expected) {
            let off = quantile.expect("a sample") - expected;
            assert!(off.abs() <= expected.abs() * 0.0005, "{quantile:?} is not {expected}");
        }
        assert_eq!((trend.min(), trend.max()), (Some(-1000.0), Some(7.5)));
        assert_eq!(trend.mean(), Some((-1000.0 - 0.25 + 0.001 + 7.5) / 5.0));
    }

    #[test]
    fn what_is_out_of_range_is_still_counted() {
        let trend = of(&[1e-300, 1e300, -1e300, f64::MIN_POSITIVE / 2.0]);
        assert_eq!(trend.quantile(0.5), Some(0.0));
        assert_eq!((trend.min(), trend.max()), (Some(-1e300), Some(1e300)));
        assert!(trend.above.counts.len() <= OCTAVES * PER_OCTAVE);
    }

    #[test]
    fn memory_depends_on_the_range_alone() {
        let mut trend = Trend::default();
        for number in 0..100_000 {
            trend.record(1.0 + f64::from(number) / 100_000.0);
        }
        assert_eq!(trend.above.counts.len(), PER_OCTAVE);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn quantiles_are_close_to_a_sample(
            mut values in prop::collection::vec(-1e6..1e6_f64, 1..200),
            share in 0.0..=1.0_f64,
        ) {
            let trend = of(&values);
            values.sort_by(f64::total_cmp);
            let rank = ((share * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1];
            let found = trend.quantile(share).expect("a sample");
            prop_assert!((found - exact).abs() <= exact.abs() * 0.0005 + 1e-9, "{found} {exact}");
        }
    }
}
