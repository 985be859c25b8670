//! Connections to the database that break, wherever they are.

use std::time::Duration;

use bankrun::bank::BankOptions;
use bankrun::bank::store::{Proxy, Traffic};

use super::load::Load;
use super::support::{
    asked, bank, cluster, correct_modes, create, figure, look_into, nothing_left_behind,
    until_served,
};
use crate::bank::eventually;

/// All connections are cut, over and over, in mid-transaction as it comes; in
/// between the way is slow. `BANKRUN_CUTS` says how often.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_missing_after_cuts_in_mid_transaction() {
    let cuts = asked("BANKRUN_CUTS", 20);
    let cluster = cluster(&[]).await;
    let mut banks = Vec::new();
    for mode in correct_modes() {
        create(&cluster, mode.name()).await;
        let way = Proxy::to(&cluster).await.expect("a proxy");
        let (bank, database) = bank(&way.url(mode.name()), mode, BankOptions::default()).await;
        banks.push((bank, database, way));
    }
    let loads = Load::against(banks.iter().map(|(bank, ..)| bank.addr()), 4).await;
    for cut in 0..cuts {
        for (_, _, way) in &banks {
            let slow = Traffic::Crawls(Duration::from_millis(3));
            way.set(if cut % 2 == 0 { slow } else { Traffic::Flows });
            way.cut();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for (bank, _, way) in &banks {
        way.set(Traffic::Flows);
        until_served(bank.addr()).await;
    }
    for ((bank, _, way), verdict) in banks.iter().zip(Load::finish(loads).await) {
        verdict.holds(bank.mode().name());
        let outcomes = &verdict.outcomes;
        figure(&format!("{}: {cuts} cuts: {outcomes:?}", bank.mode()));
        assert!(outcomes.failed + outcomes.unknown > 0, "no cut met anybody: {way:?}");
    }
    for (bank, database, _way) in banks {
        let mode = bank.mode();
        let client = look_into(&cluster, mode.name()).await;
        eventually("nothing is left behind", async || nothing_left_behind(&client).await).await;
        bank.shutdown().await;
        database.close().await;
    }
    cluster.stop().await;
}
