use std::io::{self, BufRead, IsTerminal};

use super::output::eprint;
use crate::engine::Target;

/// A run sets the accounts of its target. Against a service on another machine
/// that is worth a question.
pub(super) fn may_reset(target: &Target, yes: bool) -> Result<(), String> {
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
    let mut answer = String::new();
    let _ = io::stdin().lock().read_line(&mut answer);
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err("not confirmed".to_owned()),
    }
}
