//! A database that is well, and does not get on: locks, deadlocks, a full pool.

use bankrun::bank::{BankOptions, Mode};

use super::support::{
    PATIENCE, SLACK, assert_refused, bank, cluster, correct_modes, create, deposit, figure,
    impatient, longest, look_into, nothing_left_behind, until_served,
};
use crate::bank::{eventually, get, post};

/// Somebody holds the row: the pool fills with those who wait for it, and all
/// are refused in time. None of them is left waiting in the database.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_stays_locked_is_503_in_time_and_piles_up_nobody() {
    let cluster = cluster(&[]).await;
    for mode in correct_modes() {
        create(&cluster, mode.name()).await;
        let (bank, _database) = bank(&cluster.url(mode.name()), mode, impatient()).await;
        let addr = bank.addr();
        until_served(addr).await;
        let holder = look_into(&cluster, mode.name()).await;
        let hold = "BEGIN; SELECT * FROM accounts WHERE id = 1 FOR UPDATE";
        holder.batch_execute(hold).await.expect("held");
        let many = (0..64).map(|_| tokio::spawn(deposit(addr))).collect::<Vec<_>>();
        let (mut unknown, mut times) = (0, Vec::new());
        for one in many {
            let (answer, took) = one.await.expect("an answer");
            assert_refused(&answer, mode.name());
            unknown += usize::from(answer.status == 500);
            times.push(took);
        }
        // PostgreSQL gives up a statement a tenth of the patience before the bank does,
        // and says so. On a machine too busy for that the bank has heard nothing: where
        // the statement that waits, or COMMIT right behind it, makes the change final,
        // it does not know what became of it. These two have the row before that.
        let locks_first = matches!(mode, Mode::Robust | Mode::Batched);
        assert!(unknown == 0 || !locks_first, "{mode}: {unknown} unknown");
        // Whoever found no free connection has sent nothing.
        assert!(unknown < times.len(), "{mode}: all are unknown");
        assert!(longest(&times) < 2 * PATIENCE + SLACK, "{mode}: {times:?}");
        let longest = longest(&times);
        figure(&format!("{mode}: row locked, pool full: refused after {longest:?} at most"));
        let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'bankrun%' \
                     AND state <> 'idle'";
        // Not within the transaction, which sees what was when it first looked.
        let watcher = look_into(&cluster, mode.name()).await;
        eventually("nobody waits any more", async || {
            watcher.query_one(count, &[]).await.expect("a count").get::<_, i64>(0) == 0
        })
        .await;
        holder.batch_execute("ROLLBACK").await.expect("let go");
        assert!(until_served(addr).await < SLACK);
        assert_eq!(get(addr, "/balance/1").await.body, r#"{"balance":1000}"#, "{mode}");
        bank.shutdown().await;
    }
    cluster.stop().await;
}

/// PostgreSQL gives up the bank's transaction, so that somebody else can go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_503_or_tried_again_and_applies_nothing_by_halves() {
    let cluster = cluster(&["deadlock_timeout=300ms"]).await;
    for mode in correct_modes() {
        create(&cluster, mode.name()).await;
        let (bank, _database) = bank(&cluster.url(mode.name()), mode, BankOptions::default()).await;
        let addr = bank.addr();
        until_served(addr).await;
        let other = look_into(&cluster, mode.name()).await;
        // It finds no deadlock itself: the bank's transaction has to.
        other.batch_execute("SET deadlock_timeout = '60s'").await.expect("set");
        let two = "BEGIN; SELECT * FROM accounts WHERE id = 2 FOR UPDATE";
        other.batch_execute(two).await.expect("held");
        let transfer = r#"{"fromUserId":1,"toUserId":2,"amount":5}"#;
        let asked = tokio::spawn(async move { post(addr, "/transfer", transfer).await });
        let waits = "SELECT count(*) FROM pg_stat_activity \
                     WHERE application_name LIKE 'bankrun%' AND wait_event_type = 'Lock'";
        let watcher = look_into(&cluster, mode.name()).await;
        eventually("the transfer waits", async || {
            watcher.query_one(waits, &[]).await.expect("a count").get::<_, i64>(0) == 1
        })
        .await;
        let one = "UPDATE accounts SET balance = balance WHERE id = 1; COMMIT";
        other.batch_execute(one).await.expect("it goes on");
        let answer = asked.await.expect("an answer");
        let accounts = get(addr, "/accounts").await.body;
        match answer.status {
            200 => assert!(accounts.contains(r#""1":995,"2":1005"#), "{mode}: {accounts}"),
            _ => {
                assert_refused(&answer, mode.name());
                assert!(accounts.contains(r#""1":1000,"2":1000"#), "{mode}: {accounts}");
            }
        }
        figure(&format!("{mode}: deadlock, answered {}", answer.status));
        eventually("nothing is left behind", async || nothing_left_behind(&other).await).await;
        bank.shutdown().await;
    }
    cluster.stop().await;
}
