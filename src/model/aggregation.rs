use std::fmt;

/// One number out of many values, with k6's names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aggregation {
    /// The sum of a counter.
    Count,
    /// Of a counter: the sum per second. Of a rate: the share that is not zero.
    Rate,
    /// The last value of a gauge.
    Value,
    Avg,
    Min,
    Max,
    Med,
    /// What so many percent (0 to 100) of the values do not exceed.
    Percentile(f64),
}

impl Aggregation {
    /// Those with a name alone; a percentile also has a number.
    pub const NAMED: [(&'static str, Self); 7] = [
        ("count", Self::Count),
        ("rate", Self::Rate),
        ("value", Self::Value),
        ("avg", Self::Avg),
        ("min", Self::Min),
        ("max", Self::Max),
        ("med", Self::Med),
    ];
}

impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Percentile(percent) = self {
            return write!(f, "p({percent})");
        }
        let named = Self::NAMED.iter().find(|(_, aggregation)| aggregation == self);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}
