use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Accounts in the summary that the page has; those that passed are left out first.
const ACCOUNTS: usize = 100;
/// Findings of each severity.
const FINDINGS: usize = 20;

/// The summary of a run as the page has it: without the many accounts and findings
/// that it would not show, so that neither it nor the HTML report grows with them.
/// How many findings were left out is in `more_findings`, by their severity.
pub(super) fn brief(mut summary: Value) -> Value {
    let Some(verdict) = summary.get_mut("verdict").and_then(Value::as_object_mut) else {
        return summary;
    };
    if let Some(Value::Array(accounts)) = verdict.get_mut("accounts")
        && accounts.len() > ACCOUNTS
    {
        accounts.sort_by_key(|account| account["conclusion"] == "pass");
        accounts.truncate(ACCOUNTS);
    }
    let mut more = json!({});
    if let Some(Value::Array(findings)) = verdict.get_mut("findings") {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        findings.retain(|finding| {
            let severity = finding["severity"].as_str().unwrap_or_default();
            let count = seen.entry(severity.to_owned()).or_default();
            *count += 1;
            *count <= FINDINGS
        });
        for (severity, count) in seen {
            more[severity] = count.saturating_sub(FINDINGS).into();
        }
    }
    verdict.insert("more_findings".to_owned(), more);
    summary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_accounts_and_findings_are_cut_and_the_worst_stay() {
        let account = |at: usize| {
            let conclusion = if at == 5000 { "fail" } else { "pass" };
            json!({ "account": at.to_string(), "conclusion": conclusion })
        };
        let finding = |at: usize| {
            let severity = if at == 5000 { "note" } else { "fail" };
            json!({ "severity": severity, "message": at.to_string() })
        };
        let accounts: Vec<Value> = (0..10_000).map(account).collect();
        let findings: Vec<Value> = (0..10_000).map(finding).collect();
        let summary = json!({ "verdict": { "accounts": accounts, "findings": findings } });
        let brief = brief(summary);
        let verdict = &brief["verdict"];
        assert_eq!(verdict["accounts"][0]["account"], "5000");
        assert_eq!(verdict["accounts"].as_array().map(Vec::len), Some(ACCOUNTS));
        assert_eq!(verdict["findings"].as_array().map(Vec::len), Some(FINDINGS + 1));
        assert_eq!(verdict["more_findings"], json!({ "fail": 9979, "note": 0 }));
    }

    #[test]
    fn what_did_not_run_stays_as_it_is() {
        let summary = json!({ "error": "unreachable" });
        assert_eq!(brief(summary.clone()), summary);
    }
}
