use serde::Serialize;

/// The names of what can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnomalyKind {
    /// Updates under way at the same time started from one and the same balance.
    LostUpdate,
    /// An acknowledged update is not in what came after it.
    LostWrite,
    /// One leg of a transfer is there and the other is not.
    TornTransfer,
    /// One update seems to have been applied twice.
    DuplicateApplication,
    /// One logical operation was answered in two different ways.
    DifferingAnswers,
    /// An attempt was refused after another one had been acknowledged.
    RefusedAfterEffect,
    /// Money was taken that was not there.
    Overdraft,
    /// An update was acknowledged, and applied only after its answer.
    AppliedLate,
    /// An update was applied, and answered with another balance than it left.
    WrongAnswer,
    /// A balance was seen that never existed.
    GarbageRead,
    /// A balance was seen after it had been overwritten.
    StaleRead,
    /// Refused for lack of funds, while there were enough at all times.
    FalseRejection,
    /// Money only moves, and yet its total changed.
    TotalNotConserved,
    /// The final balance follows from no choice of what was applied.
    FinalBalance,
    /// The only order that explains the balances contradicts the clock.
    RealTime,
    /// No order explains the history; no single culprit stands out.
    NoOrder,
}

/// One thing that went wrong, with the operations that show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Anomaly {
    pub kind: AnomalyKind,
    pub account: u32,
    /// Ids of the operations it is about.
    pub operations: Vec<u64>,
    /// Whether exactly these operations are at fault; otherwise most likely.
    pub certain: bool,
    /// Two of them: the pair that collided, or the one before and the one after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair: Option<(u64, u64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fork: Option<Fork>,
    /// Branches that nobody continued.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dead_ends: Vec<DeadEnd>,
    /// The balances before and after an update where it took effect, which are not those that it
    /// answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<(i64, i64)>,
    /// The balance it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<i64>,
    pub money: Money,
}

/// A balance that was left more often than it was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fork {
    pub balance: i64,
    /// Operations that left the account at this balance.
    pub producers: Vec<u64>,
    /// The account began with it.
    pub initial: bool,
    /// Operations that started from it.
    pub consumers: Vec<u64>,
    /// The account ended with it.
    pub end: bool,
    /// By how much it was used too often.
    pub excess: u64,
}

/// A balance that was reached more often than it was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadEnd {
    pub balance: i64,
    pub producers: Vec<u64>,
}

/// Of the account, or of the total where the anomaly is about a total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Money {
    /// Initial balance plus everything acknowledged.
    pub expected: Option<i64>,
    pub actual: Option<i64>,
}

impl Anomaly {
    /// What proves most by least comes first: certain before likely, few operations
    /// before many, and what costs money before what only looks odd.
    pub fn clarity(&self) -> (bool, usize, AnomalyKind, u64) {
        let mut proof: Vec<u64> = self.operations.clone();
        proof.extend(self.pair.iter().flat_map(|(a, b)| [*a, *b]));
        proof.sort_unstable();
        proof.dedup();
        (!self.certain, proof.len().max(1), self.kind, proof.first().copied().unwrap_or(0))
    }

    pub(super) fn new(kind: AnomalyKind, account: u32, operations: Vec<u64>) -> Self {
        Self {
            kind,
            account,
            operations,
            certain: true,
            pair: None,
            fork: None,
            dead_ends: Vec::new(),
            applied: None,
            balance: None,
            money: Money::default(),
        }
    }
}
