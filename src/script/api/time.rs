//! `sleep`.

use std::time::{Duration, Instant};

use super::Maker;
use super::maker::{Call, Refusal};

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    make.lua.globals().raw_set("sleep", make.waiting("sleep", sleep)?)
}

async fn sleep(mut call: Call) -> Result<(), Refusal> {
    let length = call.arguments.seconds("the pause")?;
    let vu = call.vu()?;
    // `setup` and `teardown` do not sleep past their time.
    let left = call.host.guard.deadline().map(|end| end.saturating_duration_since(Instant::now()));
    vu.pause(length.min(left.unwrap_or(Duration::MAX))).await?;
    call.host.guard.check(&call.lua)?;
    Ok(())
}
