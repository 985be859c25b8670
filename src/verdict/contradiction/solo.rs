//! Contradictions of operations with nothing concurrent to them: what each adds to
//! the balance that was answered before it, against what the file says it adds.

use std::collections::{BTreeMap, HashSet};

use super::history::{Named, words};
use super::pattern::{Change, Ratio, Told};
use crate::verdict::checker::{Op, Outcome};

/// Pairs at the least: a few odd answers are anomalies.
const FEWEST: usize = 3;
/// Of all pairs so many have to contradict the file, and to follow the pattern.
const NEARLY_ALL: f64 = 0.9;

/// An operation with nothing beside it, right after another such one.
#[derive(Clone, Copy, Debug)]
struct Pair<'a> {
    name: &'a str,
    /// What the one before answered; at first the balance at the start.
    before: i128,
    /// What the one before adds, by the file.
    delta_before: i128,
    delta: i128,
    told: i128,
    /// Whether the account, or the same without this operation, was ever known to
    /// hold so much: then the answer may be out of date, or its write may be lost.
    was_there: bool,
}

/// What nearly all such operations, of all names or of one, have in common, in
/// words; and the name.
pub(super) fn pattern(named: &Named<'_>) -> Option<(String, Option<String>)> {
    let pairs = pairs(named);
    let all: Vec<&Pair<'_>> = pairs.iter().collect();
    if let Some(words) = common(&all, &named.called(None)) {
        return Some((words, None));
    }
    let mut by_name: BTreeMap<&str, Vec<&Pair<'_>>> = BTreeMap::new();
    for pair in &pairs {
        by_name.entry(pair.name).or_default().push(pair);
    }
    by_name.into_iter().find_map(|(name, pairs)| {
        Some((common(&pairs, &named.called(Some(name)))?, Some(name.to_owned())))
    })
}

fn common(pairs: &[&Pair<'_>], what: &str) -> Option<String> {
    let share = |holds: &dyn Fn(&Pair<'_>) -> bool| {
        pairs.iter().filter(|pair| holds(pair)).count() as f64 / pairs.len() as f64
    };
    let is_nearly_all = |holds: &dyn Fn(&Pair<'_>) -> bool| share(holds) >= NEARLY_ALL;
    let contradicts = |pair: &Pair<'_>| pair.told - pair.before != pair.delta;
    if pairs.len() < FEWEST || !is_nearly_all(&contradicts) {
        return None;
    }
    let count = pairs.len();
    let before = |pair: &Pair<'_>| pair.told == pair.before + pair.delta_before;
    if is_nearly_all(&|pair| pair.told == pair.before - pair.delta) {
        return Some(told_of(count, &words(what, &Change::Reversed, &Told::After)));
    }
    let off_by_one = |pair: &Pair<'_>| pair.delta_before == 0 || before(pair);
    if is_nearly_all(&|pair| off_by_one(pair) && pair.told != pair.before + pair.delta)
        && is_nearly_all(&|pair| before(pair) || pair.told == pair.before)
    {
        return Some(told_of(count, &words(what, &Change::AsStated, &Told::Before)));
    }
    // What follows could be lost or stale, too, as far as one answer goes.
    if !is_nearly_all(&|pair| !pair.was_there) {
        return None;
    }
    let change = |pair: &Pair<'_>| pair.told - pair.before;
    let first = pairs.first()?;
    let times = Ratio::new(change(first), first.delta).map(Change::Times);
    let plus = Change::Plus(change(first) - first.delta);
    for pattern in times.into_iter().chain([plus]) {
        if is_nearly_all(&|pair| pattern.of(pair.delta) == Some(change(pair))) {
            return Some(told_of(count, &words(what, &pattern, &Told::After)));
        }
    }
    let example = pairs.iter().find(|pair| contradicts(pair))?;
    Some(format!(
        "of {count} operations with nothing concurrent to them, next to none was answered with \
         the balance that `delta` and `balance` promise: `{}` {:+} after {}, for example, with {}. \
         Say in `delta` what the request adds, and in `balance` where the answer has the balance \
         after it",
        example.name, example.delta, example.before, example.told
    ))
}

fn told_of(count: usize, words: &str) -> String {
    format!("{count} operations with nothing concurrent to them make sense if {words}")
}

/// An operation, what it adds to the account, and the balance that it was answered.
type OnAccount<'a> = (&'a Op, i128, Option<i128>);

/// Operations of each account, alone, right after one another.
fn pairs<'a>(named: &Named<'a>) -> Vec<Pair<'a>> {
    let mut by_account: BTreeMap<u32, Vec<OnAccount<'a>>> = BTreeMap::new();
    for op in &named.problem.ops {
        if matches!(op.outcome, Outcome::Rejected | Outcome::Failed) {
            continue;
        }
        for leg in op.kind.legs() {
            let told = leg.balance.filter(|_| op.outcome == Outcome::Ok).map(i128::from);
            by_account.entry(leg.account).or_default().push((op, leg.delta.into(), told));
        }
    }
    let mut pairs = Vec::new();
    for (account, mut ops) in by_account {
        ops.sort_unstable_by_key(|(op, ..)| (op.invoked, op.id));
        let start = i128::from(named.problem.initial[account as usize]);
        // What was answered or added up to last, as long as it is known.
        let mut known = Some((start, 0));
        let mut states = HashSet::from([start]);
        let mut sum = start;
        let mut busy_until = None;
        for (index, (op, delta, told)) in ops.iter().enumerate() {
            let is_first = busy_until.is_none_or(|until| until < op.invoked);
            let is_last = ops.get(index + 1).is_none_or(|(next, ..)| op.before(next));
            busy_until = busy_until.max(Some(op.end()));
            let is_alone = is_first && is_last;
            if let (true, Some((before, delta_before)), Some(told)) = (is_alone, known, told) {
                pairs.push(Pair {
                    name: named.name(op),
                    before,
                    delta_before,
                    delta: *delta,
                    told: *told,
                    was_there: states.contains(told) || states.contains(&(told - delta)),
                });
            }
            known = told.filter(|_| is_alone).map(|told| (told, *delta));
            // Garbage is no balance that the account ever had.
            states.extend(told.filter(|told| states.contains(&(told - delta))));
            sum += *delta;
            states.insert(sum);
        }
    }
    pairs
}
