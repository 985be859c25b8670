//! `barrier`: virtual users meet, and go on together.

use std::time::Duration;

use super::Maker;
use super::maker::{Call, Refusal};
use crate::script::barriers::Unmet;
use crate::script::state::Role;

const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    make.lua.globals().raw_set("barrier", make.waiting("barrier", barrier)?)
}

async fn barrier(mut call: Call) -> Result<(), Refusal> {
    let name = call.arguments.text("name")?;
    let wanted = call.arguments.integer("n")?;
    let patience = match call.arguments.is_empty() {
        true => PATIENCE,
        false => call.arguments.seconds("the timeout")?,
    };
    let vu = call.vu()?;
    if call.host.role != Role::User {
        return Err(call.arguments.refuse("only the virtual users of a scenario meet"));
    }
    let wanted = u64::try_from(wanted).unwrap_or_default();
    if wanted == 0 {
        return Err(call.arguments.refuse("n must be 1 or more"));
    }
    let course = &call.host.course;
    let left = || course.vus().map(|vus| vus.saturating_sub(vu.tally().vus_ended()));
    // Past its time nobody begins anew: who waits then waits in vain.
    let met = tokio::select! {
        met = course.barriers.meet(&name, wanted, patience, left) => met,
        () = vu.stop().ending() => return Err(Refusal::Stopped),
    };
    met.map_err(|unmet| {
        call.arguments.refuse(match unmet {
            Unmet::Disagreement { wanted: other } => {
                format!("others wait at `{name}` for {other} virtual users, not {wanted}")
            }
            Unmet::Late { come } => {
                format!("{come} of {wanted} virtual users came to `{name}` within {patience:?}")
            }
            Unmet::Left { come, left } => format!(
                "{wanted} virtual users cannot meet at `{name}`: {come} came, and {left} are left of the run"
            ),
            Unmet::TooMany => format!("`{name}` is one barrier too many; names can be used again"),
        })
    })
}
