use std::sync::Arc;

use crate::model::Outcome;

/// What a sample says of where it comes from: `scenario`, `operation`, `method`,
/// and whatever a scenario or a script adds. Cheap to copy, so that all samples
/// of one place share one list. What differs from answer to answer (`status`,
/// `outcome`) is in the event itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Arc<[Tag]>);

type Tag = (Arc<str>, Arc<str>);

impl Tags {
    /// These tags and those of `pairs`; a later value stands over an earlier one.
    pub fn with<N, V>(&self, pairs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<Arc<str>>,
        V: Into<Arc<str>>,
    {
        let mut tags = self.0.to_vec();
        for (name, value) in pairs {
            let (name, value) = (name.into(), value.into());
            match tags.iter_mut().find(|(known, _)| *known == name) {
                Some((_, old)) => *old = value,
                None => tags.push((name, value)),
            }
        }
        Self(tags.into())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| &**known == name).map(|(_, value)| &**value)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// The value of the tag `outcome`.
pub fn outcome_tag(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Rejected => "rejected",
        Outcome::Failed => "failed",
        Outcome::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_tags_stand_over_earlier_ones() {
        let workload = Tags::default().with([("scenario", "a"), ("team", "x")]);
        let operation = workload.with([("operation", "deposit"), ("team", "y")]);
        assert_eq!(workload.get("team"), Some("x"));
        assert_eq!(operation.get("team"), Some("y"));
        assert_eq!(operation.get("scenario"), Some("a"));
        assert_eq!(operation.iter().count(), 3);
    }
}
