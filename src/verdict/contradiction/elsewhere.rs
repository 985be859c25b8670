//! Changes on accounts that the file does not name, of the very size that it
//! states: it names the wrong account, or lacks a `to`.

use crate::verdict::checker::{Outcome, Problem};

/// What an account holds more than the file leads to, and what the file adds.
#[derive(Clone, Copy, Debug, Default)]
struct Off {
    stated: i128,
    off: i128,
}

/// The accounts concerned, and what the file has to say. Only where all of what
/// was acknowledged adds up to this, and nothing else is off: no fault of a service
/// puts all of the money of one account into another.
pub(super) fn pattern(
    problem: &Problem,
    name: impl Fn(u32) -> String,
) -> Option<(Vec<u32>, String)> {
    let mut accounts: Vec<Off> = vec![Off::default(); problem.initial.len()];
    for op in &problem.ops {
        match op.outcome {
            Outcome::Info if op.is_update() => return None,
            Outcome::Ok => {
                for leg in op.kind.legs() {
                    accounts[leg.account as usize].stated += i128::from(leg.delta);
                }
            }
            Outcome::Info | Outcome::Rejected | Outcome::Failed => {}
        }
    }
    for (account, (start, end)) in accounts.iter_mut().zip(problem.initial.iter().zip(&problem.end))
    {
        account.off = i128::from((*end)?) - i128::from(*start) - account.stated;
    }
    let is_off = |off: &Off| off.off != 0;
    let wrong: Vec<u32> =
        (0..).zip(&accounts).filter(|(_, off)| is_off(off)).map(|(account, _)| account).collect();
    let of = |account: u32| accounts[account as usize];
    match wrong[..] {
        // Nothing arrived where the file says, and all of it somewhere else.
        [a, b] => {
            let (from, to) = if of(a).stated != 0 { (a, b) } else { (b, a) };
            let Off { stated, off } = of(from);
            (off == -stated && of(to).stated == 0 && of(to).off == stated).then(|| {
                let (from, to) = (name(from), name(to));
                let words = format!(
                    "account {from} stayed as it was, and account {to} changed by all that the \
                     file says of {from} ({stated:+}). Does `account` name the right one?"
                );
                (vec![a, b], words)
            })
        }
        // All of it arrived, and the same on one more account.
        [other] if of(other).stated == 0 => {
            let mut others = (0..).zip(&accounts).filter(|(_, off)| off.stated != 0);
            let (own, Off { stated, .. }) = others.next()?;
            let is_the_same = others.next().is_none() && of(other).off.abs() == stated.abs();
            is_the_same.then(|| {
                let words = format!(
                    "account {} changed by {:+} with account {} ({stated:+}), and the file says \
                     nothing of it. What goes from one account to another has a `to`",
                    name(other),
                    of(other).off,
                    name(own)
                );
                (vec![own, other], words)
            })
        }
        _ => None,
    }
}
