//! What the operations of a file did when each was sent alone, held against what
//! the file says of them.

use std::sync::Arc;

use super::pattern::{Change, Reading, Told};
use crate::facts::{Trial, TrialLeg};
use crate::model::{AccountId, Outcome};
use crate::scenario::{Declared, Part};

/// A part of an operation of which the file says something else than happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    pub operation: Arc<str>,
    pub part: Part,
    /// What the file says, and what happened.
    pub message: String,
    /// What is probably meant.
    pub mend: String,
}

/// One of the two accounts of an operation.
type Leg = fn(&Trial) -> Option<&TrialLeg>;

/// What is wrong with these operations, by all trials of each. One trial that is
/// as the file says speaks for the file: then the others met something else.
pub fn contradictions(declared: &Declared, trials: &[&Trial]) -> Vec<Contradiction> {
    if trials.is_empty() || trials.iter().any(|trial| trial.is_as_promised()) {
        return Vec::new();
    }
    let first = trials[0];
    let words = Words { declared, first };
    if trials.iter().all(|trial| trial.outcome != Outcome::Ok) {
        return vec![words.refused_and_done()];
    }
    if trials.iter().any(|trial| trial.outcome != Outcome::Ok) {
        return Vec::new();
    }
    let mut found: Vec<Contradiction> = Vec::new();
    found.extend(effect(&words, trials));
    found.extend(told(&words, trials, Part::Balance, |trial| Some(&trial.account)));
    found.extend(told(&words, trials, Part::ToBalance, |trial| trial.to.as_ref()));
    found
}

/// What is wrong with the changes: of the account, of `to`, of any other.
fn effect(words: &Words<'_>, trials: &[&Trial]) -> Option<Contradiction> {
    let legs: [(Part, Part, Leg); 2] = [
        (Part::Account, Part::Delta, |trial| Some(&trial.account)),
        (Part::To, Part::To, |trial| trial.to.as_ref()),
    ];
    for (name, amount, leg) in legs {
        let samples = trials.iter().map(|trial| {
            let leg = leg(trial)?;
            Some((i128::from(leg.delta), trial.change(&leg.account)?))
        });
        let Some(samples) = samples.collect::<Option<Vec<_>>>() else { continue };
        let pattern = Change::common(&samples);
        let Some(own) = leg(words.first) else { continue };
        match pattern {
            Some(Change::AsStated) => {}
            Some(Change::Nothing) => {
                return Some(match elsewhere(trials, leg) {
                    Some(other) => words.elsewhere(name, own, &other),
                    None => words.nothing(amount, own),
                });
            }
            pattern => return Some(words.amount(amount, own, pattern)),
        }
    }
    beside(trials).map(|other| words.beside(&other))
}

/// The account that got what was meant for this one, each time.
fn elsewhere(trials: &[&Trial], leg: Leg) -> Option<AccountId> {
    let got = |trial: &Trial, account: &AccountId| {
        let Some(leg) = leg(trial) else { return false };
        let is_named = trial.legs().any(|leg| leg.account == *account);
        leg.delta != 0 && !is_named && trial.change(account) == Some(leg.delta.into())
    };
    let first = trials.first()?;
    let mut others = first.before.keys().filter(|account| got(first, account));
    let other = others.next().filter(|_| others.next().is_none())?.clone();
    let anything = |trial: &&Trial| trial.before.keys().any(|account| got(trial, account));
    trials.iter().all(anything).then_some(other)
}

/// An account of which the file says nothing, and which changed each time.
fn beside(trials: &[&Trial]) -> Option<AccountId> {
    let changed = |trial: &Trial, account: &AccountId| {
        let is_named = trial.legs().any(|leg| leg.account == *account);
        !is_named && trial.change(account).is_some_and(|change| change != 0)
    };
    let mut accounts = trials.first()?.before.keys();
    accounts.find(|account| trials.iter().all(|trial| changed(trial, account))).cloned()
}

/// What is wrong with the balances in the answers.
fn told(words: &Words<'_>, trials: &[&Trial], part: Part, leg: Leg) -> Option<Contradiction> {
    let readings = trials.iter().map(|trial| {
        let leg = leg(trial)?;
        let [before, after] = [&trial.before, &trial.after].map(|read| read.get(&leg.account));
        Some(Reading {
            before: i128::from(*before?),
            after: i128::from(*after?),
            delta: leg.delta.into(),
            told: leg.balance?.into(),
        })
    });
    let readings = readings.collect::<Option<Vec<_>>>()?;
    let other = || {
        let holds = |trial: &Trial, account: &AccountId| {
            let Some(leg) = leg(trial) else { return false };
            leg.account != *account && leg.balance.as_ref() == trial.after.get(account)
        };
        let mut accounts = trials.first()?.after.keys();
        accounts.find(|account| trials.iter().all(|trial| holds(trial, account))).cloned()
    };
    let pattern = match Told::common(&readings) {
        Some(Told::After) => return None,
        // Any single number is so much more than another.
        Some(Told::Plus(_)) | None if other().is_some() => other().map(Told::Of),
        Some(Told::Plus(_)) if trials.len() == 1 => None,
        pattern => pattern,
    };
    Some(words.told(part, leg(words.first)?, readings.first()?, pattern))
}

/// Words for what is wrong with one operation.
struct Words<'a> {
    declared: &'a Declared,
    /// The trial that is told of.
    first: &'a Trial,
}

impl Words<'_> {
    fn of(&self, part: Part, message: String, mend: impl Into<String>) -> Contradiction {
        Contradiction { operation: self.declared.name.clone(), part, message, mend: mend.into() }
    }

    /// `account a went from 1000 to 995 (-5)`
    fn moved(&self, account: &AccountId) -> String {
        let balance = |balances: &std::collections::BTreeMap<AccountId, i64>| {
            balances.get(account).map_or_else(|| "?".to_owned(), ToString::to_string)
        };
        let (before, after) = (balance(&self.first.before), balance(&self.first.after));
        match self.first.change(account) {
            Some(0) | None => format!("account {account} stayed at {before}"),
            Some(change) => format!("account {account} went from {before} to {after} ({change:+})"),
        }
    }

    fn answer(&self) -> String {
        match self.first.status {
            Some(status) => format!("answered {status}"),
            None => "was answered".to_owned(),
        }
    }

    fn amount(&self, part: Part, leg: &TrialLeg, pattern: Option<Change>) -> Contradiction {
        let name = &self.declared.name;
        let message = match leg.delta {
            0 => format!(
                "`{name}` only reads account {}, says the file; but sent alone, {}",
                leg.account,
                self.moved(&leg.account)
            ),
            delta => format!(
                "`{name}` adds {delta:+} to account {}, says the file; but sent alone, {}",
                leg.account,
                self.moved(&leg.account)
            ),
        };
        let mend = match pattern {
            Some(Change::Reversed) => match self.other_sign() {
                Some(delta) => format!("the sign is the other way round: write `delta: {delta}`"),
                None => "the sign of `delta` is the other way round".to_owned(),
            },
            Some(Change::Times(ratio)) if ratio.is_unit() => format!(
                "it is {ratio} what the file says: the service counts in another unit (cents, \
                 not euros?); `delta` and balances have to be in the unit that `read` finds"
            ),
            Some(Change::Times(ratio)) => format!("it is {ratio} what the file says"),
            Some(Change::Plus(more)) => format!(
                "it is {more:+} off the file: is there a fee or a discount that belongs into \
                 `delta`?"
            ),
            _ if leg.delta == 0 => "say what it adds: `delta`".to_owned(),
            _ => "say in `delta` what this request adds to the account".to_owned(),
        };
        self.of(part, message, mend)
    }

    /// The delta of the file with the other sign.
    fn other_sign(&self) -> Option<String> {
        let delta = self.declared.effect()?.delta.as_ref()?;
        let source = delta.source().trim();
        let turned = match source.strip_prefix('-') {
            Some(rest) => rest.trim_start().to_owned(),
            None => format!("-{}", source.trim_start_matches('+')),
        };
        Some(if delta.fixed().is_some() { turned } else { format!("\"{turned}\"") })
    }

    fn nothing(&self, part: Part, leg: &TrialLeg) -> Contradiction {
        let name = &self.declared.name;
        let message = format!(
            "`{name}` adds {:+} to account {}, says the file; but sent alone it {}, and nothing \
             changed at all: {}",
            leg.delta,
            leg.account,
            self.answer(),
            self.moved(&leg.account)
        );
        let before = self.first.before.get(&leg.account).copied().unwrap_or_default();
        let vouched = leg.balance == before.checked_add(leg.delta);
        let mend = if vouched {
            "the answer has the new balance: either `read` looks somewhere else, or the service \
             does not keep what it acknowledges. Where it is done later, say `settle: 30s`"
        } else {
            "is this the request that does it? If such an answer means that nothing was done, \
             say so by `ok` and `rejected`; if it is done later, by `settle: 30s`"
        };
        self.of(part, message, mend)
    }

    fn elsewhere(&self, part: Part, leg: &TrialLeg, other: &AccountId) -> Contradiction {
        let name = &self.declared.name;
        let message = format!(
            "`{name}` adds {:+} to account {}, says the file; but sent alone, {}, and {}",
            leg.delta,
            leg.account,
            self.moved(&leg.account),
            self.moved(other)
        );
        self.of(part, message, format!("this names the wrong account: it is {other} that changes"))
    }

    fn beside(&self, other: &AccountId) -> Contradiction {
        let name = &self.declared.name;
        let message = format!(
            "sent alone, `{name}` also changes an account of which its effect says nothing: {}",
            self.moved(other)
        );
        let mend = match self.first.to {
            None => "what goes from one account to another has a `to`",
            Some(_) => "an effect is of one account, and of the one it goes `to`",
        };
        self.of(Part::Operation, message, mend)
    }

    fn refused_and_done(&self) -> Contradiction {
        let name = &self.declared.name;
        let moved: Vec<String> = self
            .first
            .before
            .keys()
            .filter(|account| self.first.change(account).is_some_and(|change| change != 0))
            .map(|account| self.moved(account))
            .collect();
        let part = match self.first.outcome {
            Outcome::Rejected => Part::Rejected,
            Outcome::Failed if self.declared.failed.is_some() => Part::Failed,
            Outcome::Ok | Outcome::Failed | Outcome::Unknown => Part::Ok,
        };
        let message = format!(
            "`{name}` {}, which means that nothing happened, says the file; but sent alone, {}",
            self.answer(),
            moved.join(", and ")
        );
        self.of(part, message, "`ok` has to include the answers that mean that it was done")
    }

    fn told(
        &self,
        part: Part,
        leg: &TrialLeg,
        reading: &Reading,
        pattern: Option<Told>,
    ) -> Contradiction {
        let (name, account) = (&self.declared.name, &leg.account);
        let effect = self.declared.effect();
        let path = effect.and_then(|effect| match part {
            Part::ToBalance => effect.to_balance.as_ref(),
            _ => effect.balance.as_ref(),
        });
        let path = path.map(ToString::to_string).unwrap_or_default();
        let Reading { before, after, told, .. } = *reading;
        let message = format!(
            "the answer of `{name}` has the balance of account {account} at {path}, says the \
             file; but there it has {told}, and the account went from {before} to {after}"
        );
        let mend = match pattern {
            Some(Told::Before) => "that is the balance before the operation, not after it: name \
                                   the place of the balance after it, or leave it out"
                .to_owned(),
            Some(Told::Amount) => "that is the amount that was moved, not the balance".to_owned(),
            Some(Told::Times(ratio)) => format!(
                "it is {ratio} what `read` finds: the two are in different units (cents, not \
                 euros?)"
            ),
            Some(Told::Plus(more)) => format!(
                "it is {more:+} off what `read` finds, each time: is it another balance (with a \
                 credit line, or without what is reserved)?"
            ),
            Some(Told::Of(other)) => format!("that is the balance of account {other}"),
            Some(Told::After) | None => "name the place of the balance after the operation, or \
                                         leave it out"
                .to_owned(),
        };
        self.of(part, message, mend)
    }
}
