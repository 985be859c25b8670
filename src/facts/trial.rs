use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{AccountId, Amount, Outcome};

/// One declared operation, sent once with nothing beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    pub operation: Arc<str>,
    /// What the file says of the account it is about, and of the one that gets
    /// what is taken there.
    pub account: TrialLeg,
    pub to: Option<TrialLeg>,
    pub outcome: Outcome,
    pub status: Option<u16>,
    pub error: Option<Arc<str>>,
    /// All balances that were read, before it was sent and when it was done.
    pub before: BTreeMap<AccountId, Amount>,
    pub after: BTreeMap<AccountId, Amount>,
}

/// What an operation does to one account, by the file and by its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialLeg {
    pub account: AccountId,
    /// 0: it is only read.
    pub delta: Amount,
    /// The balance in the answer.
    pub balance: Option<Amount>,
}

impl Trial {
    pub fn legs(&self) -> impl Iterator<Item = &TrialLeg> {
        std::iter::once(&self.account).chain(&self.to)
    }

    /// What was added to the account meanwhile; `None`: it was not read.
    pub fn change(&self, account: &AccountId) -> Option<i128> {
        let [before, after] = [&self.before, &self.after].map(|balances| balances.get(account));
        Some(i128::from(*after?) - i128::from(*before?))
    }

    /// What the file says is added to the account.
    pub fn promised(&self, account: &AccountId) -> i128 {
        let legs = self.legs().filter(|leg| leg.account == *account);
        legs.map(|leg| i128::from(leg.delta)).sum()
    }

    /// Whether the accounts and the answer are as the file says. Where it is not
    /// known what happened, nothing is promised.
    pub fn is_as_promised(&self) -> bool {
        let counts = match self.outcome {
            Outcome::Ok => true,
            Outcome::Rejected | Outcome::Failed => false,
            Outcome::Unknown => return true,
        };
        let moved = self.before.keys().all(|account| {
            let promised = if counts { self.promised(account) } else { 0 };
            self.change(account).is_none_or(|change| change == promised)
        });
        let told = |leg: &TrialLeg| match (leg.balance, self.after.get(&leg.account)) {
            (Some(told), Some(after)) => told == *after,
            _ => true,
        };
        moved && (!counts || self.legs().all(told))
    }
}
