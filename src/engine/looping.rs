//! Virtual users that are there from the start and run one iteration after the
//! other: `shared-iterations`, `per-vu-iterations`, `constant-vus`.

use std::sync::Arc;
use std::time::Instant;

use super::crew::{Crew, Member};
use super::pacing::Pacing;
use crate::scenario::Executor;

pub(super) async fn run(crew: &Arc<Crew>, executor: &Executor) -> Result<(), String> {
    let began = Instant::now();
    let pacing = Pacing::new(executor);
    let mut tasks = crew.tasks();
    for number in 0..executor.vus() {
        tasks.spawn(iterate(crew.hire(number)?, pacing.clone()));
    }
    tasks.all_done().await?;
    if began.elapsed() >= executor.time_limit() {
        crew.dropped(pacing.left());
    }
    Ok(())
}

async fn iterate(mut member: Member, mut pacing: Pacing) -> Result<(), String> {
    member.started();
    while !member.stop().is_ending()
        && let Some(number) = pacing.next()
    {
        member.iterate(number, None).await;
    }
    member.ended();
    Ok(())
}
