use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use super::books::Accounts;
use crate::facts::Attempt;
use crate::model::{AccountId, Amount, Call, Outcome};

/// What the accounts should hold by the answers so far. The verdict does its own
/// sums over the whole history; these say only whether to look again.
#[derive(Debug, Default)]
pub struct ExpectedBalances(Mutex<Sums>);

#[derive(Debug, Default)]
struct Sums {
    accounts: HashMap<AccountId, Changes>,
    /// Operations that may be tried again, with an attempt of unknown outcome.
    unknown: HashSet<u64>,
}

/// What was added to one account.
#[derive(Debug, Default)]
struct Changes {
    acknowledged: i128,
    /// By operations of unknown outcome, apart by sign.
    unknown_up: i128,
    unknown_down: i128,
}

impl ExpectedBalances {
    pub(super) fn complete(&self, call: &Call, outcome: Outcome, attempt: Option<Attempt>) {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (outcome, attempt) {
            (Outcome::Rejected | Outcome::Failed, _) => {}
            (Outcome::Unknown, Some(attempt)) if !sums.unknown.insert(attempt.operation) => {}
            (Outcome::Unknown, _) if call.is_open() => sums.add(call, |changes, _| {
                changes.may_add(Amount::MAX.into(), 1);
                changes.may_add(Amount::MIN.into(), 1);
            }),
            (Outcome::Unknown, _) => sums.add(call, |changes, delta| changes.may_add(delta, 1)),
            (Outcome::Ok, attempt) => {
                if attempt.is_some_and(|attempt| sums.unknown.remove(&attempt.operation)) {
                    sums.add(call, |changes, delta| changes.may_add(delta, -1));
                }
                sums.add(call, |changes, delta| changes.acknowledged += delta);
            }
        }
    }

    /// Whether these balances can be what the answers led to. What was not read
    /// says nothing.
    pub(super) fn allow(&self, initial: &Accounts, balances: &Accounts) -> bool {
        let sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        balances.iter().all(|(account, balance)| {
            let Some(initial) = initial.get(account) else { return true };
            let added = i128::from(*balance) - i128::from(*initial);
            match sums.accounts.get(account) {
                None => added == 0,
                Some(changes) => {
                    let off = added - changes.acknowledged;
                    (changes.unknown_down..=changes.unknown_up).contains(&off)
                }
            }
        })
    }
}

impl Sums {
    fn add(&mut self, call: &Call, add: impl Fn(&mut Changes, i128)) {
        for (account, delta) in call.kind.legs().filter(|(_, delta)| *delta != 0) {
            add(self.accounts.entry(account.clone()).or_default(), delta.into());
        }
    }
}

impl Changes {
    fn may_add(&mut self, delta: i128, times: i128) {
        if delta > 0 {
            self.unknown_up += delta * times;
        } else {
            self.unknown_down += delta * times;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balances(a: Amount) -> Accounts {
        [("a".into(), a)].into()
    }

    #[test]
    fn an_unknown_outcome_widens_what_is_possible_until_a_retry_is_answered() {
        let expected = ExpectedBalances::default();
        let allows = |balance| expected.allow(&balances(100), &balances(balance));
        let deposit = Call::deposit("a".into(), 10);
        expected.complete(&deposit, Outcome::Ok, None);
        assert!(allows(110) && !allows(100) && !allows(120));
        let attempt = Some(Attempt { operation: 7, keyed: true });
        expected.complete(&deposit, Outcome::Unknown, attempt);
        expected.complete(&deposit, Outcome::Unknown, attempt);
        assert!(allows(110) && allows(120) && !allows(130));
        expected.complete(&deposit, Outcome::Ok, attempt);
        assert!(!allows(110) && allows(120) && !allows(130));
        expected.complete(&deposit, Outcome::Rejected, None);
        assert!(allows(120));
    }

    #[test]
    fn a_transfer_counts_on_both_sides() {
        let expected = ExpectedBalances::default();
        expected.complete(&Call::transfer("a".into(), "b".into(), 5), Outcome::Ok, None);
        let initial: Accounts = [("a".into(), 9), ("b".into(), 9)].into();
        let both = |a, b| [("a".into(), a), ("b".into(), b)].into();
        assert!(expected.allow(&initial, &both(4, 14)));
        assert!(!expected.allow(&initial, &both(4, 9)));
        // The other account could not be read.
        assert!(expected.allow(&initial, &balances(4)));
    }
}
