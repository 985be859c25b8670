use std::collections::BTreeMap;
use std::sync::Arc;

use super::Series;
use super::origin::Origin;
use super::watched::Part;
use crate::facts::Sample;
use crate::model::{BuiltIn, Selector};

/// Metrics up to so many; a script that makes a name for each value must not
/// fill the memory.
const DISTINCT: usize = 1000;

/// The metrics that a scenario or a script makes itself.
#[derive(Clone, Debug, Default)]
pub struct Custom {
    metrics: BTreeMap<Arc<str>, Metric>,
    /// Parts that were asked for of metrics that are not known yet.
    awaited: Vec<Selector>,
    lost: u64,
}

#[derive(Clone, Debug)]
struct Metric {
    total: Series,
    parts: Vec<Part>,
}

impl Custom {
    /// All samples of each metric.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Series)> {
        self.metrics.iter().map(|(name, metric)| (&**name, &metric.total))
    }

    /// Samples that were not kept: of too many metrics, of another kind than the
    /// first sample of their metric, or under the name of a built-in one.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// `None`: the metric had no sample, or the part was not asked for.
    pub fn get(&self, selector: &Selector) -> Option<&Series> {
        let metric = self.metrics.get(selector.metric.as_str())?;
        if selector.tags.is_empty() {
            return Some(&metric.total);
        }
        metric.parts.iter().find(|part| part.selector == *selector).map(|part| &part.series)
    }

    pub(super) fn watch(&mut self, selector: Selector) {
        if !selector.tags.is_empty() && !self.awaited.contains(&selector) {
            self.awaited.push(selector);
        }
    }

    pub(super) fn take(&mut self, sample: &Sample) {
        let kept = match self.metrics.get_mut(&sample.metric) {
            Some(metric) => metric.take(sample),
            None => self.begin(sample),
        };
        self.lost += u64::from(!kept);
    }

    /// Takes the first sample of a metric in, if there may be one more.
    fn begin(&mut self, sample: &Sample) -> bool {
        if self.metrics.len() >= DISTINCT || BuiltIn::named(&sample.metric).is_some() {
            return false;
        }
        let its = self.awaited.extract_if(.., |selector| *selector.metric == *sample.metric);
        let parts = its.map(|selector| Part::new(selector, Series::new(sample.kind))).collect();
        let mut metric = Metric { total: Series::new(sample.kind), parts };
        let kept = metric.take(sample);
        self.metrics.insert(sample.metric.clone(), metric);
        kept
    }
}

impl Metric {
    /// Says whether the sample is of the metric's kind.
    fn take(&mut self, sample: &Sample) -> bool {
        if self.total.kind() != sample.kind {
            return false;
        }
        self.total.add(sample.value);
        let origin = Origin::of(&sample.tags);
        for part in &mut self.parts {
            part.add(&origin, sample.value);
        }
        true
    }
}
