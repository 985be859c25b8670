//! What becomes of a batch when something fails, and of its members.

use std::time::Duration;

use bankrun::bank::ledger::{Change, LedgerError};
use bankrun::bank::store::{StoreError, migrate};
use bankrun::model::Outcome;

use super::held::{Held, PATIENCE, answers, ask, is_broke};
use crate::bank::support::{Kind, Proxy, admin, database, postgres};

/// The batch before takes too long: what waits is given back, what is under way
/// is not.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_ever_to_begin() {
    let patience = Duration::from_millis(50);
    let mut held = Held::on(database(Kind::Sqlite).await, &[(1, 100)], patience).await;
    let asked = ask(&held.ledger, 1, Change::Deposit(1), None);
    let refused = asked.await.expect("no panic").expect_err("it could not begin");
    assert_eq!(refused.outcome(), Outcome::Failed, "{refused}");
    assert!(refused.to_string().contains("the batch before took longer than 50ms"), "{refused}");
    held.go().await;
    assert_eq!(held.accounts().await, [(1, 100)]);
    let next = held.ledger.update(1, Change::Deposit(1), None);
    assert!(matches!(next.await, Ok(101)));
}

/// A rule of the database that only one of them breaks.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_the_database_refuses_spoils_nothing() {
    let (database, name) = postgres().await;
    migrate(&database).await.expect("migrations");
    let rule = "DELETE FROM accounts; ALTER TABLE accounts ADD CHECK (balance < 10)";
    admin(&name).await.batch_execute(rule).await.expect("a rule");
    let mut held = Held::on(database, &[(1, 0), (2, 0), (3, 0)], PATIENCE).await;
    let asked = [
        held.queue(1, Change::Deposit(5), None).await,
        held.queue(2, Change::Deposit(50), Some("k")).await,
        held.queue(3, Change::Deposit(5), Some("l")).await,
        held.queue(1, Change::Withdraw(6), None).await,
        held.queue(1, Change::Deposit(4), None).await,
    ];
    // All together, and then each by itself.
    held.guard.let_through(1 + asked.len());
    held.go().await;
    let answers = answers(asked).await;
    assert!(
        matches!((&answers[0], &answers[2], &answers[4]), (Ok(5), Ok(5), Ok(9))),
        "{answers:?}"
    );
    let refused = matches!(answers[1], Err(LedgerError::Store(StoreError::Refused(_))));
    assert!(refused && is_broke(&answers[3]), "{answers:?}");
    assert_eq!(held.accounts().await, [(1, 9), (2, 0), (3, 5)]);
    let key = "k".parse().expect("a key");
    assert_eq!(held.ledger.answer(&key).await.expect("none"), None);
}

/// COMMIT arrives, its answer does not: nobody is told that it was done, nor
/// that it was not. Who would have been refused may try again.
#[tokio::test(flavor = "multi_thread")]
async fn an_unanswered_commit_is_unknown_to_all_of_them() {
    let (_direct, name) = postgres().await;
    let proxy = Proxy::start(b"COMMIT").await;
    let database = proxy.database(&name).await;
    let mut held = Held::on(database, &[(1, 100), (2, 0)], PATIENCE).await;
    let asked = [
        held.queue(1, Change::Withdraw(80), None).await,
        held.queue(1, Change::Withdraw(80), None).await,
        held.queue(2, Change::Deposit(7), Some("k")).await,
    ];
    held.guard.let_through(1);
    held.guard.arrival().await;
    proxy.arm(true);
    held.go().await;
    let answers = answers(asked).await;
    let outcomes: Vec<Outcome> = answers
        .iter()
        .map(|answer| answer.as_ref().map_or_else(LedgerError::outcome, |_| Outcome::Ok))
        .collect();
    assert_eq!(outcomes, [Outcome::Unknown, Outcome::Failed, Outcome::Unknown], "{answers:?}");
    proxy.arm(false);
    assert_eq!(held.accounts().await, [(1, 20), (2, 7)], "this time it was applied");
    let again = ask(&held.ledger, 2, Change::Deposit(7), Some("k"));
    assert!(matches!(again.await.expect("no panic"), Ok(7)), "and the key knows it");
}

/// Nobody can be reached: everybody hears that nothing was applied.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_without_a_database_is_refused_as_a_whole() {
    let (database, name) = postgres().await;
    let mut held = Held::on(database, &[(1, 100)], Duration::from_secs(2)).await;
    let asked = [
        held.queue(1, Change::Deposit(1), None).await,
        held.queue(1, Change::Withdraw(500), None).await,
    ];
    let admin = admin("postgres").await;
    admin
        .batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        .await
        .expect("so");
    held.guard.let_through(1);
    held.guard.arrival().await;
    let kill = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
    admin.query(kill, &[&name]).await.expect("terminated");
    held.go().await;
    for answer in answers(asked).await {
        let error = answer.expect_err("the connection is gone");
        assert_eq!(error.outcome(), Outcome::Failed, "{error}");
    }
    let next = held.ledger.update(1, Change::Deposit(1), None).await.expect_err("nobody is there");
    assert_eq!(next.outcome(), Outcome::Failed, "{next}");
    assert!(next.to_string().contains("no connection within 2s ("), "it says why: {next}");
    admin
        .batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        .await
        .expect("so");
    assert_eq!(held.accounts().await, [(1, 100)]);
}
