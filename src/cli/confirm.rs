use std::io::{self, BufRead, IsTerminal};

use super::output::eprint;
use crate::engine::{Stop, Target};

/// A run sets the accounts of its target. Against a service on another machine
/// that is worth a question.
pub(super) async fn may_reset(target: &Target, yes: bool, stop: &Stop) -> Result<(), String> {
    if target.is_loopback() || yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(format!(
            "{target} is not on this machine, and a run resets its accounts; \
             give --yes (or BANKRUN_YES=1) if that is what you want"
        ));
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
