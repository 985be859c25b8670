use std::time::Duration;

use serde::Serialize;

use super::case::Case;
use super::checker::{Answer, Detection, DetectionOptions, Explained, Options, detection};
use super::contradiction::{self, Contradicted};
use super::floors::{self, AccountFloors};
use super::ruling::{NOT_SERIALIZABLE, Ruling, rule};
use super::subject::Subject;
use super::survey::Survey;
use super::{
    AccountVerdict, Conclusion, Finding, Overlap, Severity, ThresholdVerdict, Witness, balances,
    claims, faults, passing, thresholds,
};
use crate::facts::{Disorder, Facts, History, Settling};
use crate::model::{AccountId, Amount};
use crate::scenario::{Expect, Threshold};

/// The code of a note that balances stayed as wrong as they were.
pub(super) const NOT_SETTLED: &str = "not_settled";

/// What a run proves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub conclusion: Conclusion,
    pub accounts: Vec<AccountVerdict>,
    pub findings: Vec<Finding>,
    /// One for each expression.
    #[serde(skip)]
    pub thresholds: Vec<ThresholdVerdict>,
    /// Proofs of what went wrong, the clearest first, at most a handful.
    pub witnesses: Vec<Witness>,
    /// How many more there are.
    pub more_witnesses: u64,
    /// Whether some order explains every answer and every balance.
    pub serializable: Answer,
    /// Whether such an order also respects the clock.
    pub linearizable: Answer,
    /// The choice of unknown outcomes under which the history makes sense.
    pub explained: Explained,
    /// Whether the proofs stood up to an independent verifier. `None`: they are
    /// too large to be done twice.
    pub verified: Option<bool>,
    /// What says something that could not be judged.
    pub not_judged: NotJudged,
    pub overlap: Overlap,
    /// Which gaps between read and write this run would have caught; of a pass.
    pub detection: Option<Box<Detection>>,
}

/// What was answered and is in no order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotJudged {
    /// Refusals by accounts of which nobody knows how far down they may go.
    pub refusals: u64,
    /// Acknowledged operations on accounts whose balance at the start is not known; of a
    /// transfer the other account is judged.
    pub operations: u64,
}

/// How to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgeOptions {
    /// What proves little or rests on a guess is inconclusive, not a pass.
    pub strict: bool,
    /// An undecided order in real time is inconclusive, too.
    pub require_linearizable: bool,
    /// Steps that a search may take.
    pub budget: u64,
    /// A pass is inconclusive unless a gap of this length would have been caught.
    pub detect: Option<Duration>,
}

impl JudgeOptions {
    /// The gap that a strict run has to be able to catch, where none is stated and its
    /// updates took no longer: two statements and some work between them, over a network.
    pub const STRICT_GAP: Duration = Duration::from_millis(5);

    /// The gap that a pass has to be able to catch.
    fn gap(&self, detection: &Detection) -> Option<Duration> {
        let took = Duration::from_secs_f64(detection.update_ms / 1e3);
        self.detect.or(self.strict.then_some(Self::STRICT_GAP.max(took)))
    }
}

impl Default for JudgeOptions {
    fn default() -> Self {
        let Options { budget, .. } = Options::default();
        Self { strict: false, require_linearizable: false, budget, detect: None }
    }
}

/// Judges a run.
pub fn judge(
    expect: &Expect,
    thresholds: &[Threshold],
    facts: &Facts,
    options: JudgeOptions,
) -> Verdict {
    let JudgeOptions { strict, require_linearizable, budget, detect } = options;
    let asked = options;
    let history = &facts.history;
    let mut subject = Subject::of(facts);
    let Survey { outline, books, limits, beyond } = Survey::of(&subject, history);
    // Nothing that is known says what these should hold.
    subject.forget_ends(books.changed_unseen(facts));
    let mut floors = AccountFloors::of(expect, facts, &subject, &limits);
    let options = Options { budget, require_linearizable, strict };
    let passing = passing::look(&subject, history, outline, &floors.floors(), &options);
    let overlap = passing.overlap;
    let mut contradicted = Contradicted::default();
    let mut ruling = match passing.report {
        Some(report) => Ruling::of(&subject, &report, strict),
        None => {
            let mut case = Case::of(&subject, history, &floors.floors());
            let ruling = rule(&subject, &mut case, history, &mut floors, &options);
            if ruling.fails() {
                contradicted = contradiction::look(&subject, history, &case.once);
            }
            ruling
        }
    };
    let (mut accounts, mut findings) = balances::judge(expect, facts, &books, &ruling.conclusions);
    findings.extend(incomplete(history));
    findings.extend(disorder(facts, strict));
    findings.extend(resolved(facts));
    findings.extend(settled(facts, strict, require_linearizable));
    findings.extend(total(expect, facts));
    findings.extend(set_aside(expect));
    findings.extend(floors::below(expect, facts, &limits));
    findings.extend(floors.findings(&subject));
    findings.extend(nothing_acknowledged(facts));
    findings.extend(not_judged(expect, facts, &accounts));
    findings.extend(moved_unseen(facts, &accounts));
    findings.extend(cut_by_errors(facts));
    findings.extend(nothing_succeeded(facts));
    contradicted.excuse(&mut ruling, &mut accounts, &mut findings);
    findings.extend(contradicted.findings);
    findings.extend(news(ruling.findings, &findings));
    // What failed has shown that it could.
    let acknowledged = facts.metrics.total().outcomes.ok > 0;
    if !fails(&findings) && acknowledged {
        findings.extend(nothing_overlapped(overlap, strict || detect.is_some()));
    }
    let proves = conclusion(&findings) == Conclusion::Pass && overlap.overlapping > 0;
    let detection = match proves {
        true => {
            let options = DetectionOptions { gap: detect, ..DetectionOptions::default() };
            detection(&passing.schedule, &options)
        }
        false => None,
    };
    findings
        .extend(detection.as_ref().and_then(|found| claims::too_weak(found, asked.gap(found)?)));
    if proves {
        findings.extend(passing.concurrency.finding(facts.of_bank, strict));
    }
    let thresholds = thresholds::judge(thresholds, facts);
    findings.extend(thresholds::findings(&thresholds));
    findings.extend(claims::checks(facts));
    findings.extend(claims::invariants(facts));
    findings.extend(faults::findings(facts, strict));
    findings.extend(claims::aborted(facts, fails(&findings)));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Verdict {
        conclusion: conclusion(&findings),
        accounts,
        findings,
        thresholds,
        witnesses: ruling.witnesses,
        more_witnesses: ruling.more_witnesses,
        serializable: ruling.serializable,
        linearizable: ruling.linearizable,
        explained: ruling.explained,
        verified: ruling.verified,
        not_judged: NotJudged { refusals: floors.refusals_not_judged(), operations: beyond },
        overlap,
        detection: detection.map(Box::new),
    }
}

fn conclusion(findings: &[Finding]) -> Conclusion {
    findings.iter().map(Finding::conclusion).max().unwrap_or(Conclusion::Pass)
}

fn fails(findings: &[Finding]) -> bool {
    conclusion(findings) == Conclusion::Fail
}

/// Without what is said in plainer words already: that no order explains an
/// account whose balance is wrong.
fn news(findings: Vec<Finding>, said: &[Finding]) -> Vec<Finding> {
    let fails = |account: &AccountId| {
        said.iter().any(|finding| {
            finding.severity == Severity::Fail && finding.account.as_ref() == Some(account)
        })
    };
    let repeats = |finding: &Finding| {
        finding.code == NOT_SERIALIZABLE && finding.account.as_ref().is_some_and(fails)
    };
    findings.into_iter().filter(|finding| !repeats(finding)).collect()
}

impl Verdict {
    /// Money that was acknowledged and is not there, over all accounts that
    /// hold too little.
    pub fn missing(&self) -> u64 {
        self.sum_of(|off| off < 0)
    }

    /// Money that is there and was never acknowledged.
    pub fn surplus(&self) -> u64 {
        self.sum_of(|off| off > 0)
    }

    fn sum_of(&self, counts: impl Fn(Amount) -> bool) -> u64 {
        let differences = self.accounts.iter().filter_map(|row| {
            let (reach, actual) = (row.acknowledged?, row.actual?);
            Some(reach.distance(actual))
        });
        differences
            .filter(|off| counts(*off))
            .fold(0, |sum, off| sum.saturating_add(off.unsigned_abs()))
    }
}

fn total(expect: &Expect, facts: &Facts) -> Option<Finding> {
    let stated = expect.total?;
    if facts.cut_short() {
        return None;
    }
    let complete = facts.initial.keys().all(|account| facts.end.contains_key(account));
    if !complete {
        let message = "expect.total cannot be judged: not every balance could be read";
        return Some(Finding::new(Severity::Inconclusive, "total", message));
    }
    let actual: i128 = facts.end.values().map(|balance| i128::from(*balance)).sum();
    let message = format!("the total is {actual}, expected {stated}");
    (actual != i128::from(stated)).then(|| Finding::new(Severity::Fail, "total", message))
}

/// What is no longer expected, because it was not this work that it counts on.
fn set_aside(expect: &Expect) -> Option<Finding> {
    let set_aside = expect.set_aside.as_ref()?;
    let total = set_aside.total.map(|_| "the total");
    let balances = match set_aside.balances.len() {
        0 => None,
        1 => Some("the balances of 1 account".to_owned()),
        several => Some(format!("the balances of {several} accounts")),
    };
    let stated: Vec<&str> = balances.as_deref().into_iter().chain(total).collect();
    let message = format!(
        "{}, as the file states them, are set aside: with {} other work is done than it counts \
         on; judged by what was acknowledged",
        stated.join(" and "),
        set_aside.by,
    );
    Some(Finding::new(Severity::Note, "set_aside", message))
}

/// What was kept in a file and cannot be read again.
fn incomplete(history: &History) -> Option<Finding> {
    let trouble = history.trouble()?;
    let message = format!("a part of the history could not be read again: {trouble}");
    Some(Finding::new(Severity::Inconclusive, "history_unreadable", message))
}

/// Where the lines of a history and their times tell of different orders.
fn disorder(facts: &Facts, strict: bool) -> Option<Finding> {
    let Disorder { line, time, earlier_line, earlier_time, count } = facts.disorder?;
    let severity = if strict { Severity::Inconclusive } else { Severity::Warning };
    let more = match count {
        1 => String::new(),
        _ => format!(", and so with {} more lines", count - 1),
    };
    let message = format!(
        "the order of the lines contradicts their `time`: line {line} has time {time}, and line \
         {earlier_line} before it has {earlier_time}{more}. `time` is believed; leave it out to \
         be judged by the order of the lines"
    );
    Some(Finding::new(severity, "clocks", message))
}

fn resolved(facts: &Facts) -> Option<Finding> {
    let message = match facts.metrics.resolved {
        0 => return None,
        1 => "1 operation was never answered; the service said later that it took effect".into(),
        many => format!(
            "{many} operations were never answered; the service said later that they took effect"
        ),
    };
    Some(Finding::new(Severity::Note, "resolved", message))
}

/// Late is not lost; but whoever read at once read what was no longer true.
fn settled(facts: &Facts, strict: bool, require_linearizable: bool) -> Option<Finding> {
    let Settling { waited, agreed } = facts.settling?;
    let waited = waited.as_secs_f64();
    if !agreed {
        let message = format!(
            "the final balances disagreed with the answers, and still did {waited:.1} s later. If \
             the service takes longer to apply what it acknowledges, say so: `settle: 30s`"
        );
        return Some(Finding::new(Severity::Note, NOT_SETTLED, message));
    }
    let severity = match (require_linearizable, strict) {
        (true, _) => Severity::Fail,
        (false, true) => Severity::Inconclusive,
        (false, false) => Severity::Warning,
    };
    let message = format!(
        "the final balances agreed with the answers only {waited:.2} s after the run: what is \
         acknowledged is applied later, or reads lag behind. Nothing is lost, but a read right \
         after an answer may not show it (not linearizable)"
    );
    Some(Finding::new(severity, "settled_late", message))
}

fn nothing_acknowledged(facts: &Facts) -> Option<Finding> {
    let outcomes = facts.metrics.total().outcomes;
    let message = format!("none of {} operations was acknowledged", outcomes.total());
    (outcomes.total() > 0 && outcomes.ok == 0)
        .then(|| Finding::new(Severity::Inconclusive, "nothing_acknowledged", message))
}

fn nothing_overlapped(overlap: Overlap, has_to: bool) -> Option<Finding> {
    let severity = if has_to { Severity::Inconclusive } else { Severity::Warning };
    let message = "no two operations on one account overlapped: this run could not have caught a \
                   lost update. Give a workload several VUs on the same account";
    (overlap.updates > 0 && overlap.overlapping == 0)
        .then(|| Finding::new(severity, "no_overlap", message))
}

/// Where there was nothing to judge, or nothing to judge it by.
fn not_judged(expect: &Expect, facts: &Facts, accounts: &[AccountVerdict]) -> Option<Finding> {
    if facts.history.entries().len() == 0 {
        let message = match facts.metrics.total().requests {
            0 => "not judged: no operation in the history",
            _ => "not judged: no operation that was sent declares an `effect` on an account",
        };
        return if facts.cut_short() {
            Some(Finding::new(Severity::Inconclusive, "no_history", message))
        } else if expect.balances.is_empty() {
            Some(Finding::new(Severity::Warning, "no_history", message))
        } else {
            None
        };
    }
    let message = "not judged: of no account is the balance at the start known";
    accounts
        .iter()
        .all(|row| row.conclusion.is_none())
        .then(|| Finding::new(Severity::Inconclusive, "no_initial", message))
}

/// Who moves money by plain requests finds it on no account's books.
fn moved_unseen(facts: &Facts, accounts: &[AccountVerdict]) -> Option<Finding> {
    let plain = facts.metrics.total().requests_writing;
    let is_wrong = |row: &AccountVerdict| row.conclusion == Some(Conclusion::Fail);
    let message = format!(
        "{plain} plain requests are in no history: if they moved money, that is why a balance is \
         wrong. Move it by an operation with an `effect`, or by `bank.*` in a script"
    );
    (plain > 0 && accounts.iter().any(is_wrong))
        .then(|| Finding::new(Severity::Note, "moved_unseen", message))
}

/// What an iteration left undone is in no balance, and proves nothing.
fn cut_by_errors(facts: &Facts) -> Option<Finding> {
    let total = facts.metrics.total();
    let (cut, all) = (total.script_errors, total.iterations_begun());
    let message = match cut {
        0 => return None,
        1 if all == 1 => "the only iteration was cut short by an error".to_owned(),
        _ if cut == all => format!("each of {all} iterations was cut short by an error"),
        1 => format!("1 of {all} iterations was cut short by an error"),
        _ => format!("{cut} of {all} iterations were cut short by errors"),
    };
    Some(Finding::new(Severity::Inconclusive, "script_errors", message))
}

/// Requests that are not judged may fail as they like, but not all of them.
fn nothing_succeeded(facts: &Facts) -> Option<Finding> {
    let total = facts.metrics.total();
    // Without those of setup and teardown, which do not iterate.
    let workloads = facts.metrics.workloads.iter().filter(|each| each.iterations_begun() > 0);
    let (all, failed) = workloads.fold((0, 0), |(all, failed), each| {
        (all + each.http_requests(), failed + each.http_requests_failed())
    });
    let checked = facts.metrics.checks.values().any(|checks| checks.passes > 0);
    let judged = total.outcomes.total() > 0;
    let message = match all {
        1 => "the only request failed".to_owned(),
        _ => format!("all of {all} requests failed"),
    };
    (all > 0 && failed == all && !checked && !judged)
        .then(|| Finding::new(Severity::Inconclusive, "nothing_succeeded", message))
}
