//! What can be known of a threshold before the run: that there is such a metric,
//! such a number of it, and that its tags can have such values.

use std::ops::Range;

use super::cursor::Fault;
use super::expression::Expression;
use crate::model::{BuiltIn, MetricKind, Selector};
use crate::scenario::reader::Reader;
use crate::scenario::wording::{list_of, quoted};
use crate::scenario::{k6, suggest};

/// What the document says elsewhere.
#[derive(Clone, Copy, Debug)]
pub(in crate::scenario) struct Known<'a> {
    /// `None`: they are not known, for a mistake that was reported.
    pub(in crate::scenario) workloads: Option<&'a [&'a str]>,
    /// A script makes metrics of its own.
    pub(in crate::scenario) has_script: bool,
}

/// A mistake in a selector, or what is probably one.
#[derive(Debug)]
pub(super) enum Doubt {
    Error(Fault),
    Warning(Fault),
}

/// `text` is the selector as it is written.
pub(super) fn doubts(
    selector: &Selector,
    text: &str,
    known: Known<'_>,
    reader: &Reader,
) -> Vec<Doubt> {
    let Some(metric) = BuiltIn::named(&selector.metric) else {
        return unknown_metric(&selector.metric, text, known, reader).into_iter().collect();
    };
    let tags = selector.tags.iter();
    tags.filter_map(|(name, value)| {
        let at = place_of(name, text);
        doubtful_tag(metric, name, known, &at).or_else(|| impossible(name, value, known, at))
    })
    .collect()
}

fn unknown_metric(name: &str, text: &str, known: Known<'_>, reader: &Reader) -> Option<Doubt> {
    let names = BuiltIn::ALL.map(BuiltIn::name);
    let start = text.chars().take_while(|char| char.is_whitespace()).count();
    let at = start..start + name.chars().count();
    let message = format!("unknown metric {}", quoted(name));
    let of_k6 = k6::metric(name).map(str::to_owned);
    let meant = of_k6.or_else(|| reader.did_you_mean(name, names));
    if known.has_script {
        let meant = meant?;
        let message = format!("no metric of bankrun's is called {}", quoted(name));
        let hint = format!("{meant} A metric of the script may be called so");
        return Some(Doubt::Warning(Fault::new(at, message, hint)));
    }
    let hint = meant.unwrap_or_else(|| {
        format!("there are {}; a script, named with `lua:`, makes others", list_of(&names))
    });
    Some(Doubt::Error(Fault::new(at, message, hint)))
}

fn doubtful_tag(metric: BuiltIn, name: &str, known: Known<'_>, at: &Range<usize>) -> Option<Doubt> {
    let tags = metric.tags();
    if tags.contains(&name) || known.workloads.is_none() {
        return None;
    }
    let meant = suggest::nearest(name, tags.iter().copied())?;
    let message = format!("`{}` has no tag {} by itself", metric.name(), quoted(name));
    Some(Doubt::Warning(Fault::new(at.clone(), message, format!("did you mean `{meant}`?"))))
}

/// A value that a tag of bankrun's never has.
fn impossible(name: &str, value: &str, known: Known<'_>, at: Range<usize>) -> Option<Doubt> {
    let values: &[&str] = match name {
        "outcome" => &["ok", "rejected", "failed", "unknown"],
        "expected_response" => &["true", "false"],
        "scenario" => known.workloads?,
        "status" if value.parse::<u16>().is_ok() => return None,
        "status" => {
            let message = format!("{} is no status", quoted(value));
            let hint = "for example `status:200`; `status:0` is where no answer came";
            return Some(Doubt::Error(Fault::new(at, message, hint)));
        }
        _ => return None,
    };
    if values.contains(&value) {
        return None;
    }
    let message = format!("the tag `{name}` is never {}", quoted(value));
    let hint = match suggest::nearest(value, values.iter().copied()) {
        Some(meant) => format!("did you mean {}?", quoted(meant)),
        None => format!("it is one of {}", shortened_list(values)),
    };
    Some(Doubt::Error(Fault::new(at, message, hint)))
}

fn shortened_list(values: &[&str]) -> String {
    const LISTED: usize = 10;
    match values.len().saturating_sub(LISTED) {
        0 => list_of(values),
        more => format!("{} and {more} more", list_of(&values[..LISTED])),
    }
}

/// A number that metrics of this kind do not have.
pub(super) fn missing_number(selector: &Selector, found: &Expression) -> Option<Fault> {
    let kind = BuiltIn::named(&selector.metric)?.kind();
    if kind.has(found.aggregation) {
        return None;
    }
    let (metric, aggregation) = (&selector.metric, found.aggregation);
    let message = format!("`{metric}` is a {kind}, which has no `{aggregation}`");
    let hint = format!("a {kind} has {}", list_of(kind.aggregations()));
    Some(Fault::new(found.aggregation_at.clone(), message, hint))
}

/// A share that no rate can be.
pub(super) fn beyond_a_rate(selector: &Selector, found: &Expression) -> Option<Fault> {
    let is_rate = BuiltIn::named(&selector.metric)?.kind() == MetricKind::Rate;
    if !is_rate || (0.0..=1.0).contains(&found.bound) {
        return None;
    }
    let message = format!("a rate is never {}", found.bound);
    let hint = "it goes from 0 to 1: 95% is `0.95`";
    Some(Fault::new(found.bound_at.clone(), message, hint))
}

/// Where a tag stands in the selector: behind a brace or a comma.
fn place_of(name: &str, text: &str) -> Range<usize> {
    let found = text.match_indices(name).find(|(at, _)| {
        let before = text[..*at].trim_end();
        let after = text[at + name.len()..].trim_start();
        before.ends_with(['{', ',']) && after.starts_with(':')
    });
    let start = found.map_or(0, |(at, _)| text[..at].chars().count());
    start..start + name.chars().count()
}
