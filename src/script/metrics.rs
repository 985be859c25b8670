use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{BuiltIn, MetricKind};

/// What the host adds to by itself, and what k6's own name would promise.
const OURS: [&str; 3] = ["data_received", "data_sent", "group_duration"];
/// As in k6.
const LONGEST: usize = 128;
/// Different metrics of a script.
const MOST: usize = 1000;

/// The metrics that a script has made, for all its states.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<BTreeMap<Arc<str>, (MetricKind, String)>>);

impl Names {
    /// Makes a metric, or finds it. `place` is where that is asked for.
    pub(super) fn make(
        &self,
        name: &str,
        kind: MetricKind,
        place: String,
    ) -> Result<Arc<str>, String> {
        validate(name)?;
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match names.get_key_value(name) {
            Some((name, (known, _))) if *known == kind => Ok(name.clone()),
            Some((_, (known, first))) => Err(format!(
                "`{name}` is a {} since {first}, and cannot be a {} here as well",
                known.name(),
                kind.name()
            )),
            None if names.len() >= MOST => {
                Err(format!("there are {MOST} metrics already; tags tell values of one apart"))
            }
            None => {
                let name: Arc<str> = name.into();
                names.insert(name.clone(), (kind, place));
                Ok(name)
            }
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<(Arc<str>, MetricKind)> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.get_key_value(name).map(|(name, (kind, _))| (name.clone(), *kind))
    }
}

fn validate(name: &str) -> Result<(), String> {
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let starts_well = name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
    if !starts_well || !name.chars().all(is_word) || name.len() > LONGEST {
        return Err(format!(
            "`{}` is no name for a metric: a letter, then letters, digits and `_`, at most {LONGEST}",
            name.chars().take(LONGEST).collect::<String>()
        ));
    }
    if BuiltIn::named(name).is_some() || OURS.contains(&name) || name.starts_with("http_req") {
        return Err(format!("`{name}` is a metric that every run has; choose another name"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_kind() {
        let names = Names::default();
        let make = |name, kind| names.make(name, kind, "a.lua:3".into());
        assert!(make("waiting", MetricKind::Trend).is_ok());
        assert!(make("waiting", MetricKind::Trend).is_ok());
        assert_eq!(
            make("waiting", MetricKind::Rate),
            Err("`waiting` is a trend since a.lua:3, and cannot be a rate here as well".into())
        );
    }

    #[test]
    fn names_are_k6s() {
        for name in ["a", "_a", "A1_b", &"x".repeat(LONGEST)] {
            assert_eq!(validate(name), Ok(()), "{name}");
        }
        for name in ["", "1a", "a-b", "a b", "ä", &"x".repeat(LONGEST + 1)] {
            assert!(validate(name).expect_err(name).contains("no name for a metric"));
        }
        for name in ["checks", "http_reqs", "http_req_duration"] {
            assert!(validate(name).expect_err(name).contains("every run has"));
        }
    }
}
