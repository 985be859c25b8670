use serde::Serialize;

use crate::model::AccountId;

/// The answer to "did it hold?". Ordered: of several, the greatest stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Conclusion {
    Pass,
    Inconclusive,
    Fail,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// The run proves less than it seems to.
    Warning,
    /// It cannot be known whether all is well.
    Inconclusive,
    /// Something is wrong.
    Fail,
}

/// One thing the judge found, in a sentence a person understands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// A stable name for programs.
    pub code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    pub message: String,
}

/// Names listed in a sentence.
const LISTED: usize = 5;

/// `1, 2, 3, 4, 5 and 7 more`
pub(super) fn list(names: &[String]) -> String {
    let shown = names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

impl Finding {
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self { severity, code, account: None, message: message.into() }
    }

    pub fn about(mut self, account: &AccountId) -> Self {
        self.account = Some(account.clone());
        self
    }

    pub fn conclusion(&self) -> Conclusion {
        match self.severity {
            Severity::Note | Severity::Warning => Conclusion::Pass,
            Severity::Inconclusive => Conclusion::Inconclusive,
            Severity::Fail => Conclusion::Fail,
        }
    }
}
