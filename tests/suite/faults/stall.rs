//! A database, or the way to it, that is there and says nothing.

use std::net::SocketAddr;
use std::time::Duration;

use bankrun::bank::Mode;
use bankrun::bank::store::{Proxy, Traffic};

use super::load::Load;
use super::support::{
    PATIENCE, SLACK, assert_refused, bank, cluster, correct_modes, create, deposit, figure,
    impatient, longest, look_into, nothing_left_behind, stop, until_served,
};
use crate::bank::{eventually, get};

/// More deposits at once than the pool has connections: all hear in time that it
/// cannot be. What became of those whose COMMIT was on its way is not known.
async fn all_are_refused_in_time(addr: SocketAddr, mode: Mode) -> (usize, Duration) {
    let many = (0..48).map(|_| tokio::spawn(deposit(addr))).collect::<Vec<_>>();
    let (mut unknown, mut times) = (0, Vec::new());
    for one in many {
        let (answer, took) = one.await.expect("an answer");
        assert_refused(&answer, mode.name());
        unknown += usize::from(answer.status == 500);
        times.push(took);
    }
    // Twice where COMMIT was sent; batches share that fate.
    assert!(longest(&times) < 2 * PATIENCE + SLACK, "{mode}: {times:?}");
    (unknown, longest(&times))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_database_is_503_in_time_and_service_is_back_when_it_is() {
    // Nine pools, and what they gave up meanwhile.
    let cluster = cluster(&["max_connections=900"]).await;
    let mut banks = Vec::new();
    for mode in Mode::ALL {
        create(&cluster, mode.name()).await;
        let (bank, database) = bank(&cluster.url(mode.name()), mode, impatient()).await;
        until_served(bank.addr()).await;
        banks.push((bank, database));
    }
    cluster.freeze().expect("stopped");
    let all = banks.iter().map(|(bank, _)| {
        let (addr, mode) = (bank.addr(), bank.mode());
        (mode, tokio::spawn(all_are_refused_in_time(addr, mode)))
    });
    for (mode, refused) in all.collect::<Vec<_>>() {
        let (unknown, took) = refused.await.expect("all were refused");
        figure(&format!("{mode}: frozen, refused after {took:?} at most"));
        // Its one statement is final by itself, and was perhaps sent; the others
        // ask something first.
        assert!(unknown == 0 || mode == Mode::Atomic, "{mode}: {unknown}");
    }
    assert_eq!(get(banks[0].0.addr(), "/health").await.status, 503);
    cluster.thaw().expect("going on");
    for (bank, _) in &banks {
        let took = until_served(bank.addr()).await;
        figure(&format!("{}: thawed, served after {took:?}", bank.mode()));
        assert!(took < SLACK, "{}: {took:?}", bank.mode());
        let client = look_into(&cluster, bank.mode().name()).await;
        eventually("nothing is left behind", async || nothing_left_behind(&client).await).await;
    }
    stop(banks, cluster).await;
}

/// Frozen and thawed under load, the money is what was acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_the_database_stands_still() {
    let cluster = cluster(&[]).await;
    let mut banks = Vec::new();
    for mode in correct_modes() {
        create(&cluster, mode.name()).await;
        banks.push(bank(&cluster.url(mode.name()), mode, impatient()).await);
    }
    let loads = Load::against(banks.iter().map(|(bank, _)| bank.addr()), 4).await;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(1000)).await;
        cluster.freeze().expect("stopped");
        tokio::time::sleep(PATIENCE + Duration::from_millis(300)).await;
        cluster.thaw().expect("going on");
    }
    for ((bank, _), verdict) in banks.iter().zip(Load::finish(loads).await) {
        verdict.holds(bank.mode().name());
        figure(&format!("{}: frozen twice under load: {:?}", bank.mode(), verdict.outcomes));
    }
    stop(banks, cluster).await;
}

/// The way to the database: standing still, half closed, closed, and slow.
#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_leads_nowhere_is_503_in_time() {
    let cluster = cluster(&[]).await;
    for mode in [Mode::Robust, Mode::Atomic, Mode::Batched] {
        create(&cluster, mode.name()).await;
        let way = Proxy::to(&cluster).await.expect("a proxy");
        let (bank, _database) = bank(&way.url(mode.name()), mode, impatient()).await;
        for traffic in [Traffic::Stalls, Traffic::StallsAnswers, Traffic::HalfCloses] {
            until_served(bank.addr()).await;
            way.set(traffic);
            let (_, took) = all_are_refused_in_time(bank.addr(), mode).await;
            figure(&format!("{mode}: {traffic:?}, refused after {took:?} at most"));
            way.set(Traffic::Flows);
            let back = until_served(bank.addr()).await;
            figure(&format!("{mode}: {traffic:?} is over, served after {back:?}"));
            assert!(back < SLACK, "{mode} {traffic:?}: {back:?}");
        }
        way.set(Traffic::Crawls(Duration::from_millis(20)));
        assert_eq!(deposit(bank.addr()).await.0.status, 200, "slow, and in time");
        bank.shutdown().await;
    }
    cluster.stop().await;
}
