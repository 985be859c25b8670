use crate::scenario::position::Spot;
use crate::scenario::problem::{Grade, Problem};

/// A part of a declared operation that a message can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The operation as a whole.
    Operation,
    Ok,
    Rejected,
    Failed,
    Account,
    Delta,
    Balance,
    To,
    ToBalance,
}

impl Part {
    /// The keys that lead to it, as the file has them.
    pub fn key(self) -> &'static str {
        match self {
            Self::Operation => "request",
            Self::Ok => "ok",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Account => "effect.account",
            Self::Delta => "effect.delta",
            Self::Balance => "effect.balance",
            Self::To => "effect.to",
            Self::ToBalance => "effect.to_balance",
        }
    }
}

/// Where the parts of an operation stand in the file. Operations are the same
/// wherever they stand.
#[derive(Clone, Debug, Default)]
pub struct Spots(Vec<(Part, Spot)>);

impl Spots {
    pub(super) fn add(&mut self, part: Part, spot: Spot) {
        self.0.push((part, spot));
    }

    /// A mistake in this part, or in the operation where it has no such part.
    pub fn problem(&self, part: Part, message: String, hint: String) -> Problem {
        let find = |part| self.0.iter().find(|(known, _)| *known == part);
        let spot = find(part).or_else(|| find(Part::Operation)).map(|(_, spot)| spot.clone());
        let Spot { path, span } = spot.unwrap_or_default();
        Problem { grade: Grade::Error, path, span, message, hint: Some(hint), related: None }
    }
}

impl PartialEq for Spots {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
