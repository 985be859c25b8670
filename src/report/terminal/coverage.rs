use crate::explore::{Asked, Coverage, Exploration, Why, letter};
use crate::report::format::counted;

/// `all 6 orders`, and nothing of all where it was not all.
pub(super) fn orders(it: &Exploration) -> String {
    let count = it.orders as u64;
    match &it.coverage {
        Coverage::All if count == 1 => "the only order".to_owned(),
        Coverage::All => format!("all {}", counted(count, "order")),
        Coverage::Reduced => {
            format!("{}, which stand for all", counted(count, "order"))
        }
        Coverage::AsAsked(Asked::Switches(most)) => {
            format!("{} with at most {}", counted(count, "order"), switches(*most))
        }
        Coverage::AsAsked(Asked::Sample { seed, .. }) => {
            format!("{} drawn by seed {seed}", counted(count, "order"))
        }
        Coverage::AsAsked(Asked::Replay | Asked::UntilFirst) | Coverage::Incomplete { .. } => {
            counted(count, "order")
        }
    }
}

pub(super) fn switches(count: usize) -> String {
    counted(count as u64, "interruption")
}

/// Why orders are missing.
pub(super) fn reason(why: &Why) -> String {
    match why {
        Why::TimeIsUp => "the time was up (--time)".to_owned(),
        Why::Interrupted => "it was interrupted".to_owned(),
        Why::WaitsInside(requests) => format!(
            "{} waited inside the service while another request was served: the service \
             serialized them, and orders that begin otherwise were not seen",
            letters(requests)
        ),
        Why::Endless(count) => format!(
            "{} had no end: a request asked again and again for what another had not done yet",
            counted(*count, "order")
        ),
        Why::Diverged(count) => format!(
            "{} did not repeat when run again: the service does not do the same each time",
            counted(*count, "order")
        ),
        Why::Ambiguous(count) => format!(
            "of {} it was not certain which request sent them",
            counted(*count, "statement")
        ),
        Why::TooMany { count, seed } => format!(
            "with so many requests there are too many orders; {} were drawn by seed {seed} \
             (--sample N, --seed N)",
            counted(*count as u64, "order")
        ),
    }
}

/// Why not all orders were run; `None` where they were.
pub(super) fn why_not_all(coverage: &Coverage) -> Option<String> {
    match coverage {
        Coverage::All | Coverage::Reduced => None,
        Coverage::AsAsked(Asked::Switches(most)) => {
            Some(format!("only those with at most {} were asked for", switches(*most)))
        }
        Coverage::AsAsked(Asked::Sample { seed, .. }) => {
            Some(format!("they were drawn by seed {seed}"))
        }
        Coverage::AsAsked(Asked::Replay) => Some("one was asked for (--replay)".to_owned()),
        Coverage::AsAsked(Asked::UntilFirst) => {
            Some("the first that fails ends it (--first)".to_owned())
        }
        Coverage::Incomplete { why, .. } => Some(reason(why)),
    }
}

fn letters(requests: &[usize]) -> String {
    let letters: Vec<String> = requests.iter().map(|it| letter(*it).to_string()).collect();
    letters.join(" and ")
}
