//! What is not held against a service whose scenario file is wrong.

use super::history::Contradicted;
use crate::verdict::balances::AccountVerdict;
use crate::verdict::checker::Answer;
use crate::verdict::judge::NOT_SETTLED;
use crate::verdict::ruling::{NOT_SERIALIZABLE, Ruling};
use crate::verdict::{Conclusion, Finding, Severity};

/// The codes of findings that hold only if the file is right about the effects.
const BY_THE_FILE: &[&str] =
    &["balance", "total", "stated_balance", "double_spend", NOT_SERIALIZABLE];

impl Contradicted {
    /// Takes back what was found by the effects of the file alone: nothing is known
    /// of these accounts. Other accounts, and other promises, stand as they were.
    pub(in crate::verdict) fn excuse(
        &self,
        ruling: &mut Ruling,
        accounts: &mut [AccountVerdict],
        findings: &mut Vec<Finding>,
    ) {
        if self.accounts.is_empty() {
            return;
        }
        for row in accounts.iter_mut().filter(|row| self.accounts.contains(&row.account)) {
            row.conclusion = row.conclusion.and(Some(Conclusion::Inconclusive));
            row.acknowledged = None;
        }
        for (account, conclusion) in &mut ruling.conclusions {
            if self.accounts.contains(account) {
                *conclusion = Conclusion::Inconclusive;
            }
        }
        // Accounts that are judged together fail together.
        let others_fail = ruling.fails();
        let stands = |finding: &Finding| {
            let is_by_the_file =
                finding.severity == Severity::Fail && BY_THE_FILE.contains(&finding.code);
            let is_about_another =
                finding.account.as_ref().is_some_and(|account| !self.accounts.contains(account));
            let is_of_others = others_fail && finding.account.is_none();
            finding.code != NOT_SETTLED
                && (!is_by_the_file
                    || is_about_another
                    || (is_of_others && finding.code == NOT_SERIALIZABLE))
        };
        findings.retain(stands);
        ruling.findings.retain(stands);
        let is_of = |account: &str| self.accounts.iter().any(|known| known.as_str() == account);
        ruling.witnesses.retain(|witness| !is_of(&witness.explanation.account));
        if !others_fail {
            ruling.witnesses.clear();
            ruling.more_witnesses = 0;
            ruling.serializable = Answer::Unknown;
            ruling.linearizable = Answer::Unknown;
        }
    }
}
