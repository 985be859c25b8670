use super::executor::Kind;
use super::fields::{self, Fields};
use super::position::Spot;
use super::reader::{Place, Reader};
use super::types::{Operation, Selection};
use super::{step, values};

/// What is counted is shuffled, in memory, before it begins.
pub(super) const MOST_COUNTED: u64 = 100_000_000;
const EXAMPLE: &str = "`- { deposit: 10, account: 1 }`";

/// The operations of a workload, how an iteration chooses among them, and
/// where each of them stands.
#[derive(Debug)]
pub(super) struct Operations {
    pub(super) operations: Vec<Operation>,
    pub(super) selection: Selection,
    pub(super) spots: Vec<Spot>,
    /// How many iterations the counts make.
    pub(super) planned: Option<u64>,
}

/// An operation of which some parts may have been unreadable.
struct Step<'a> {
    place: Place<'a>,
    operation: Option<Operation>,
    count: Share<'a>,
    weight: Share<'a>,
}

/// `count` or `weight`: whether it is there, and what it says.
struct Share<'a> {
    place: Option<Place<'a>>,
    value: Option<u64>,
}

pub(super) fn read(
    place: &Place<'_>,
    kind: Option<Kind>,
    reader: &mut Reader,
) -> Option<Operations> {
    let items = fields::items(place, EXAMPLE, reader)?;
    if items.is_empty() {
        let hint = format!("add one, for example {EXAMPLE}");
        reader.report(place.name(), "`operations` is an empty list", hint);
        return None;
    }
    let mut steps = Vec::new();
    for (index, node) in items.iter().enumerate() {
        steps.extend(step(place.item(index, node), reader));
    }
    let consistent = check_shares(&steps, kind, reader);
    if !consistent || steps.len() < items.len() {
        return None;
    }
    let selection = selection(&steps)?;
    let planned = match &selection {
        Selection::Count(counts) => Some(sum(counts, &steps, reader)?),
        _ => None,
    };
    let spots = steps.iter().map(|step| step.place.name()).collect();
    let operations = steps.into_iter().map(|step| step.operation).collect::<Option<_>>()?;
    Some(Operations { operations, selection, spots, planned })
}

fn step<'a>(place: Place<'a>, reader: &mut Reader) -> Option<Step<'a>> {
    let fields = Fields::of(place, EXAMPLE, reader)?;
    let operation = step::read(&fields, step::SHARES, reader);
    let mut share = |key, most| {
        let place = fields.get(key);
        let value = place.as_ref().and_then(|place| values::whole(place, 1..=most, reader));
        Share { place, value: value.map(|value| value as u64) }
    };
    let count = share("count", MOST_COUNTED.into());
    let weight = share("weight", u32::MAX.into());
    Some(Step { place: fields.place, operation, count, weight })
}

/// `count` and `weight` exclude each other, each stands at all operations or
/// at none, and counting needs an executor that counts.
fn check_shares(steps: &[Step<'_>], kind: Option<Kind>, reader: &mut Reader) -> bool {
    let before = reader.problems.len();
    let counted = steps.iter().find(|step| step.count.place.is_some());
    let weighted = steps.iter().find(|step| step.weight.place.is_some());
    if let (Some(counted), Some(weight)) =
        (counted, weighted.and_then(|step| step.weight.place.as_ref()))
    {
        let hint = format!("{} has a `count`; keep one kind", counted.place.path);
        reader.report(weight.name(), "`weight` and `count` exclude each other", hint);
    } else if let Some(first) = counted {
        same_for_all(steps, first, "count", |step| &step.count, reader);
    } else if let Some(first) = weighted {
        same_for_all(steps, first, "weight", |step| &step.weight, reader);
    }
    if let (Some(kind), Some(place)) = (
        kind.filter(|kind| !kind.counts_iterations()),
        counted.and_then(|step| step.count.place.as_ref()),
    ) {
        let hint = "use `shared-iterations` or `per-vu-iterations`, or `weight` for a mix";
        let message = format!("`count` does not go with the executor `{}`", kind.name());
        reader.report(place.name(), message, hint.to_owned());
    }
    reader.problems.len() == before
}

fn same_for_all<'s, 'a>(
    steps: &'s [Step<'a>],
    first: &Step<'a>,
    key: &str,
    share: impl Fn(&'s Step<'a>) -> &'s Share<'a>,
    reader: &mut Reader,
) {
    for step in steps.iter().filter(|step| share(step).place.is_none()) {
        let message = format!("this operation has no `{key}`, but {} has", first.place.path);
        let hint = format!("give every operation of a workload a `{key}`, or none");
        reader.report(step.place.name(), message, hint);
    }
}

fn selection(steps: &[Step<'_>]) -> Option<Selection> {
    let any = |share: fn(&Step<'_>) -> bool| steps.iter().any(share);
    if any(|step| step.count.place.is_some()) {
        steps.iter().map(|step| step.count.value).collect::<Option<_>>().map(Selection::Count)
    } else if any(|step| step.weight.place.is_some()) {
        let weight = |step: &Step<'_>| step.weight.value.map(|weight| weight as u32);
        steps.iter().map(weight).collect::<Option<_>>().map(Selection::Weight)
    } else {
        Some(Selection::InOrder)
    }
}

fn sum(counts: &[u64], steps: &[Step<'_>], reader: &mut Reader) -> Option<u64> {
    let mut total: u64 = 0;
    for (count, step) in counts.iter().zip(steps) {
        total = total.saturating_add(*count);
        if total > MOST_COUNTED {
            let spot = step.count.place.as_ref().unwrap_or(&step.place).value();
            too_many(spot, reader);
            return None;
        }
    }
    Some(total)
}

pub(super) fn too_many(spot: Spot, reader: &mut Reader) {
    let hint = format!("together they may make {MOST_COUNTED}; a mix by `weight` has no limit");
    reader.report(spot, "the counts add up to too many operations", hint);
}
