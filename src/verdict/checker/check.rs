use super::case;
use super::components::components;
use super::guard::guarded;
use super::model::Problem;
use super::report::{Answer, ComponentReport, Options, Report};
use super::verifier::{Refusal, Verifier};
use crate::verdict::Conclusion;

/// Judges a history. Never panics: a crash is an inconclusive report.
///
/// `O(n log n)` where no search has to branch; at most `options.budget` steps
/// more for each search otherwise.
pub fn check(problem: &Problem, options: &Options) -> Report {
    guarded(|| judge(problem, options)).unwrap_or_else(|crash| Report {
        conclusion: Conclusion::Inconclusive,
        serializable: Answer::Unknown,
        linearizable: Answer::Unknown,
        crashed: Some(crash),
        ..Report::empty()
    })
}

fn judge(problem: &Problem, options: &Options) -> Report {
    let parts = components(problem);
    let verifier = Verifier::new(problem, parts.iter().map(|part| &part.accounts[..]));
    let mut state = problem.initial.clone();
    let mut report = Report::empty();
    for (number, part) in parts.iter().enumerate() {
        let judged = guarded(|| {
            let mut judged = case::judge(problem, part, &mut state, options);
            verify(&verifier, number, &mut judged, options.budget);
            judged
        });
        let judged = judged.unwrap_or_else(|crash| ComponentReport {
            crashed: Some(crash),
            ..case::blank(problem, part)
        });
        report.push(judged);
    }
    report
}

/// An answer whose certificate does not hold is no answer.
fn verify(verifier: &Verifier<'_>, number: usize, judged: &mut ComponentReport, budget: u64) {
    judged.verified = Some(true);
    for certificate in &judged.certificates {
        match verifier.verify(number, certificate, budget) {
            Ok(()) => {}
            Err(Refusal::TooLarge) => judged.verified = judged.verified.filter(|held| !held),
            Err(Refusal::Wrong(_)) => judged.verified = Some(false),
        }
    }
    if judged.verified == Some(false) {
        judged.conclusion = Conclusion::Inconclusive;
        judged.serializable = Answer::Unknown;
        judged.linearizable = Answer::Unknown;
    }
}
