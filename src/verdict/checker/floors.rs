use std::sync::Arc;

/// The least balance that an update which takes money may leave, by account.
/// `None`: nothing is known of it, so that any balance may come about and a refusal
/// tells nothing. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Floors(Arc<[Option<i64>]>);

impl Floors {
    /// In the order of the accounts; those beyond the last one have none.
    pub fn new(floors: impl IntoIterator<Item = Option<i64>>) -> Self {
        Self(floors.into_iter().collect())
    }

    pub fn of(&self, account: u32) -> Option<i64> {
        self.0.get(account as usize).copied().flatten()
    }

    /// Whether a withdrawal may not leave the account at `balance`.
    pub(super) fn forbid(&self, account: u32, balance: i64) -> bool {
        self.of(account).is_some_and(|floor| balance < floor)
    }

    pub(super) fn any(&self, accounts: &[u32]) -> bool {
        accounts.iter().any(|account| self.of(*account).is_some())
    }
}
