//! PostgreSQL is killed in the middle of it all, and comes back.

use std::time::{Duration, Instant};

use bankrun::bank::{Bank, BankOptions};

use super::load::Load;
use super::support::{
    asked, assert_refused, bank, cluster, correct_modes, create, deposit, figure, is_served,
    longest, probe, stop, until_served,
};

/// Served again that soon after the database; generous where others compute.
const BACK: Duration = Duration::from_secs(10);

/// All correct modes at once, each with a run of its own. `BANKRUN_CRASHES` says
/// how often.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_missing_after_sigkill() {
    let crashes = asked("BANKRUN_CRASHES", 2);
    let cluster = cluster(&[]).await;
    let mut banks: Vec<(Bank, _)> = Vec::new();
    for mode in correct_modes() {
        create(&cluster, mode.name()).await;
        banks.push(bank(&cluster.url(mode.name()), mode, BankOptions::default()).await);
    }
    let patience = BankOptions::default().acquire_timeout;
    let loads = Load::against(banks.iter().map(|(bank, _)| bank.addr()), 4).await;

    let (mut refused, mut back) = (Vec::new(), Vec::new());
    for _ in 0..crashes {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        cluster.kill().await.expect("killed");
        // Nobody is there: each hears so in time.
        let asked = banks.iter().map(|(bank, _)| tokio::spawn(probe(bank.addr())));
        let asked: Vec<_> = asked.collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        cluster.start_again().await.expect("started again");
        let start = Instant::now();
        for (bank, _) in &banks {
            until_served(bank.addr()).await;
        }
        back.push(start.elapsed());
        for answer in asked {
            let (answer, took) = answer.await.expect("an answer");
            // One that came late enough may have been served.
            if !is_served(&answer) {
                assert_refused(&answer, "no database");
            }
            refused.push(took);
        }
    }
    assert!(longest(&refused) < patience + BACK, "{refused:?}");
    assert!(longest(&back) < BACK, "{back:?}");

    let (mut ok, mut failed, mut unknown) = (0, 0, 0);
    for ((bank, _), verdict) in banks.iter().zip(Load::finish(loads).await) {
        verdict.holds(bank.mode().name());
        ok += verdict.outcomes.ok;
        failed += verdict.outcomes.failed;
        unknown += verdict.outcomes.unknown;
    }
    figure(&format!(
        "{crashes} crashes of PostgreSQL, {} modes: {ok} updates acknowledged and all there, \
         {failed} refused, {unknown} of unknown outcome; all modes served again after {:?} at most",
        banks.len(),
        longest(&back),
    ));
    for (bank, database) in banks {
        bank.shutdown().await;
        database.close().await;
    }
    cluster.stop().await;
}

/// With nobody there at all, 503 comes within the acquire timeout.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_503_comes_in_time_and_service_comes_back_by_itself() {
    let cluster = cluster(&[]).await;
    let acquire_timeout = Duration::from_millis(800);
    let mut banks = Vec::new();
    for mode in correct_modes() {
        create(&cluster, mode.name()).await;
        let options = BankOptions { acquire_timeout, ..Default::default() };
        let (bank, database) = bank(&cluster.url(mode.name()), mode, options).await;
        until_served(bank.addr()).await;
        banks.push((bank, database));
    }
    cluster.kill().await.expect("killed");
    for (bank, _) in &banks {
        for _ in 0..3 {
            let (answer, took) = deposit(bank.addr()).await;
            assert_refused(&answer, bank.mode().name());
            assert!(took < acquire_timeout + Duration::from_secs(5), "{took:?}");
            figure(&format!("{}: no database, refused after {took:?}", bank.mode()));
        }
    }
    cluster.start_again().await.expect("started again");
    for (bank, _) in &banks {
        let took = until_served(bank.addr()).await;
        figure(&format!("{}: served {took:?} after the database", bank.mode()));
        assert!(took < BACK, "{took:?}");
    }
    stop(banks, cluster).await;
}
