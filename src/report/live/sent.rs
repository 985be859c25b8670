use super::book::Reach;
use crate::model::{AccountId, Amount};

/// An operation under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    /// Where there may be several tries.
    pub(super) operation: Option<u64>,
    /// An earlier try was not answered, and may have taken effect.
    pub(super) in_doubt: bool,
    /// Of each account, what was known when the first such try was sent: its answer
    /// may be as old as that.
    pub(super) marks: Vec<Mark>,
}

/// One account of it.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) account: AccountId,
    pub(super) delta: Amount,
    pub(super) acknowledged: Amount,
    pub(super) under_way: Reach,
    pub(super) asked: Reach,
}
