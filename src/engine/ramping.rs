//! `ramping-vus`: as many virtual users as the stages say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep_until;

use super::crew::{Crew, Member};
use crate::plan::ramp;
use crate::scenario::Stage;

/// Whether a virtual user is wanted, or since when it is not.
type Unwanted = Option<Instant>;

pub(super) async fn run(
    crew: &Arc<Crew>,
    start_vus: u32,
    stages: &[Stage],
    grace: Duration,
) -> Result<(), String> {
    let began = Instant::now();
    let mut tasks = crew.tasks();
    let mut seats: Vec<watch::Sender<Unwanted>> = Vec::new();
    let mut wanted: usize = 0;
    for step in ramp(start_vus, stages) {
        tokio::select! {
            biased;
            () = crew.stop.ending() => break,
            () = sleep_until((began + step.at).into()) => {}
        }
        let target = step.vus as usize;
        while wanted > target {
            wanted -= 1;
            seats[wanted].send_replace(Some(Instant::now()));
        }
        while wanted < target {
            match seats.get(wanted) {
                Some(seat) => drop(seat.send_replace(None)),
                None => {
                    let (seat, told) = watch::channel(None);
                    let member = crew.hire(wanted as u32)?;
                    tasks.spawn(occupy(crew.clone(), member, told, grace));
                    seats.push(seat);
                }
            }
            wanted += 1;
        }
    }
    tasks.all_done().await
}

/// Iterates whenever it is wanted, until the workload ends.
async fn occupy(
    crew: Arc<Crew>,
    mut member: Member,
    mut unwanted: watch::Receiver<Unwanted>,
    grace: Duration,
) -> Result<(), String> {
    let mut number = 0;
    loop {
        member.started();
        while !crew.stop.is_ending() && unwanted.borrow().is_none() {
            iterate(&mut member, number, &mut unwanted, grace).await;
            number += 1;
        }
        member.ended();
        let again = tokio::select! {
            biased;
            () = crew.stop.ending() => false,
            again = unwanted.wait_for(Option::is_none) => again.is_ok(),
        };
        if !again {
            return Ok(());
        }
        // What was halted stays so: somebody else takes the seat.
        if member.stop().check().is_err() {
            member = crew.hire(member.number())?;
        }
    }
}

/// One iteration, which is halted when it goes on for longer than `grace` after
/// nobody wants it any more.
async fn iterate(
    member: &mut Member,
    number: u64,
    unwanted: &mut watch::Receiver<Unwanted>,
    grace: Duration,
) {
    let stop = member.stop().clone();
    let iteration = member.iterate(number, None);
    tokio::pin!(iteration);
    tokio::select! {
        biased;
        () = &mut iteration => {}
        () = overdue(unwanted, grace) => {
            stop.halt();
            iteration.await;
        }
    }
}

/// Returns when the virtual user has not been wanted for that long.
async fn overdue(unwanted: &mut watch::Receiver<Unwanted>, grace: Duration) {
    loop {
        let since = *unwanted.borrow_and_update();
        let gone = tokio::select! {
            changed = unwanted.changed() => changed.is_err(),
            () = after(since, grace) => return,
        };
        if gone {
            // The ramp is over; the end of the workload is somebody else's.
            return after(since, grace).await;
        }
    }
}

async fn after(since: Unwanted, grace: Duration) {
    match since {
        Some(since) => sleep_until((since + grace).into()).await,
        None => std::future::pending().await,
    }
}
