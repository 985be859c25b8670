use super::support::{client, make_accounts, observer};
use crate::bank::fresh_url;

const OURS: Option<&str> = Some("some service");

#[tokio::test]
async fn a_deadlock_is_counted_when_those_in_it_have_left() {
    let url = fresh_url().await;
    make_accounts(&url).await;
    let mut observer = observer(&url).await;
    let (one, other) = (client(&url).await, client(&url).await);
    let take = |id| format!("UPDATE accounts SET balance = balance + 1 WHERE id = {id}");
    one.batch_execute(&format!("BEGIN; {}", take(1))).await.expect("free");
    other.batch_execute(&format!("BEGIN; {}", take(2))).await.expect("free");
    let (first, second) = tokio::join!(async { one.batch_execute(&take(2)).await }, async {
        other.batch_execute(&take(1)).await
    },);
    assert_eq!([first.is_err(), second.is_err()].iter().filter(|failed| **failed).count(), 1);
    for client in [one, other] {
        client.batch_execute("COMMIT").await.expect("an end");
    }
    let counted = observer.counted(OURS).await.expect("counters");
    assert_eq!((counted.deadlocks, counted.rollbacks, counted.complete), (1, 1, true));
    let look = observer.look(std::time::Duration::ZERO).await.expect("a look");
    assert_eq!(look.deadlocks, 1);
}

#[tokio::test]
async fn what_the_observer_itself_does_is_not_counted() {
    let url = fresh_url().await;
    let mut observer = observer(&url).await;
    for _ in 0..50 {
        observer.look(std::time::Duration::ZERO).await.expect("a look");
    }
    let nothing = observer.counted(OURS).await.expect("counters");
    assert!(nothing.complete && nothing.commits <= 2, "{nothing:?}");

    let client = client(&url).await;
    for _ in 0..25 {
        client.batch_execute("SELECT 1").await.expect("an answer");
    }
    drop(client);
    let counted = observer.counted(OURS).await.expect("counters");
    // To connect is a transaction, too.
    assert!(counted.complete && (25..=29).contains(&counted.commits), "{counted:?}");
}

#[tokio::test]
async fn of_connections_that_stay_it_is_said_that_something_may_be_missing() {
    let url = fresh_url().await;
    let mut observer = observer(&url).await;
    let _stays = client(&url).await;
    assert!(!observer.counted(None).await.expect("counters").complete);
    assert!(!observer.counted(OURS).await.expect("counters").complete);
}
