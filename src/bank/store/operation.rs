use crate::model::Amount;

/// An update that was applied under an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What was asked, in words that are the same only for the same update:
    /// `deposit 10 to account 1`.
    pub request: String,
    pub answer: StoredAnswer,
}

/// What it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The new balance; of a transfer, that of the account it came from.
    pub balance: Amount,
    /// Of a transfer, the new balance of the account it went to.
    pub to_balance: Option<Amount>,
}
