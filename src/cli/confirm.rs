use std::io::{self, BufRead, IsTerminal};

use super::output::eprint;
use crate::engine::{Stop, Target};

/// What speaks against it where nobody can be asked.
pub(super) fn refusal(target: &Target, yes: bool) -> Option<String> {
    (!target.is_loopback() && !yes).then(|| {
        format!(
            "{target} is not on this machine, and a run resets its accounts; \
             give --yes (or BANKRUN_YES=1) if that is what you want"
        )
    })
}

/// A run sets the accounts of its target. Against a service on another machine
/// that is worth a question.
pub(super) async fn may_reset(target: &Target, yes: bool, stop: &Stop) -> Result<(), String> {
    let Some(refusal) = refusal(target, yes) else { return Ok(()) };
    if !io::stdin().is_terminal() {
        return Err(refusal);
    }
    eprint(&format!(
        "{target} is not on this machine, and a run resets its accounts. Go on? [y/N] "
    ));
    // On a thread of its own: Ctrl-C is an answer, too.
    let reading = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map(|_| answer)
    });
    let answer = tokio::select! {
        answer = reading => answer.ok().and_then(Result::ok).unwrap_or_default(),
        () = stop.halted() => String::new(),
    };
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err("not confirmed".to_owned()),
    }
}
