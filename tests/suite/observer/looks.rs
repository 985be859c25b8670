use std::time::{Duration, Instant};

use bankrun::observer::{Observer, ObserverError};
use tokio_util::sync::CancellationToken;

use super::support::{LOCK, Pair, client, look_until, make_accounts, observer, refusing_server};
use crate::bank::fresh_url;

#[tokio::test]
async fn who_waits_for_whom_is_seen() {
    let url = fresh_url().await;
    let mut observer = observer(&url).await;
    let pair = Pair::start(&url).await;
    look_until(&mut observer, |look| look.waiting == 1).await;
    // It is still waiting, so that some time has passed.
    let look = observer.look(Duration::from_secs(1)).await.expect("a look");
    assert_eq!((look.connections, look.active, look.idle_in_transaction), (2, 1, 1));
    assert_eq!((look.waiting, look.hidden, look.time), (1, 0, Duration::from_secs(1)));
    assert!(look.longest_wait > Duration::ZERO && look.longest_statement >= look.longest_wait);

    let [row] = &look.blocked[..] else { panic!("{look:?}") };
    assert_eq!((row.pid, &row.by[..], row.ahead), (pair.waiter_pid, &[pair.holder_pid][..], 1));
    assert_eq!((row.behind, &*row.waits_for), (Some(pair.holder_pid), "transactionid"));
    assert_eq!((&*row.query, row.waited), (LOCK, look.longest_wait));
    let [holder] = &look.holders[..] else { panic!("{look:?}") };
    assert_eq!((holder.pid, holder.holds_up), (pair.holder_pid, 1));
    assert_eq!(holder.state.as_deref(), Some("idle in transaction"));
    assert!(holder.query.ends_with(LOCK), "{}", holder.query);

    let groups: Vec<_> = look
        .groups
        .iter()
        .map(|group| (group.state.as_deref(), group.waits_for.as_deref()))
        .collect();
    assert!(groups.contains(&(Some("active"), Some("lock: transactionid"))), "{groups:?}");
    assert!(groups.contains(&(Some("idle in transaction"), None)), "{groups:?}");

    pair.release().await;
    let quiet = look_until(&mut observer, |look| look.waiting == 0).await;
    assert!(quiet.blocked.is_empty() && quiet.holders.is_empty(), "{quiet:?}");
}

/// What one look reads is read one after the other, and a queue for a row goes on
/// meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_listed_is_at_the_statement_that_waits() {
    let url = fresh_url().await;
    make_accounts(&url).await;
    let mut observer = observer(&url).await;
    let over = CancellationToken::new();
    let queue = (0..8).map(|_| {
        let (url, over) = (url.clone(), over.clone());
        tokio::spawn(async move {
            let client = client(&url).await;
            while !over.is_cancelled() {
                for statement in ["BEGIN", LOCK, "SELECT 1", "COMMIT"] {
                    client.batch_execute(statement).await.expect("done");
                }
            }
        })
    });
    let queue: Vec<_> = queue.collect();
    let (began, mut seen) = (Instant::now(), 0);
    while seen < 2000 {
        let look = observer.look(began.elapsed()).await.expect("a look");
        assert!(look.blocked.iter().all(|row| &*row.query == LOCK), "{look:?}");
        assert!(began.elapsed() < Duration::from_secs(60), "only {seen} waited");
        seen += look.blocked.len();
    }
    over.cancel();
    for client in queue {
        client.await.expect("it ends");
    }
}

#[tokio::test]
async fn observers_and_other_databases_are_not_looked_at() {
    let (url, other) = (fresh_url().await, fresh_url().await);
    let mut one = observer(&url).await;
    let _another = observer(&url).await;
    let _elsewhere = client(&other).await;
    let look = one.look(Duration::ZERO).await.expect("a look");
    assert_eq!((look.connections, look.active), (0, 0));
    let _here = client(&url).await;
    look_until(&mut one, |look| look.connections == 1).await;
}

/// `pg_locks` is open to all, the statements of others are not.
#[tokio::test]
async fn without_rights_waiting_is_seen_and_the_rest_is_known_to_be_hidden() {
    let url = fresh_url().await;
    let pair = Pair::start(&url).await;
    let role = url.rsplit('/').next().expect("a name").replace("test", "role");
    client(&url).await.batch_execute(&format!("CREATE ROLE {role} LOGIN")).await.expect("a role");
    let theirs = url.replace("postgres://postgres@", &format!("postgres://{role}@"));
    let mut observer = observer(&theirs).await;
    let look = look_until(&mut observer, |look| look.waiting == 1).await;
    assert_eq!((look.hidden, look.active), (look.connections, 0));
    let row = &look.blocked[0];
    assert_eq!((row.pid, row.behind, &*row.query), (pair.waiter_pid, Some(pair.holder_pid), ""));
    assert_eq!((look.holders[0].state.as_ref(), &*look.holders[0].query), (None, ""));
    assert_eq!(observer.balances().await.expect("an answer"), None);
    pair.release().await;
}

#[tokio::test]
async fn balances_are_read_where_they_may_be_and_wait_for_nobody() {
    let url = fresh_url().await;
    let mut observer = observer(&url).await;
    assert_eq!(observer.balances().await.expect("an answer"), None);
    make_accounts(&url).await;
    let balances = observer.balances().await.expect("an answer").expect("a table");
    assert_eq!((&balances.rows[..], balances.more), (&[(1, 1000), (2, 500)][..], false));

    let client = client(&url).await;
    let many = "INSERT INTO accounts SELECT n, 1 FROM generate_series(3, 100) n";
    client.batch_execute(many).await.expect("rows");
    let balances = observer.balances().await.expect("an answer").expect("a table");
    assert_eq!((balances.rows.len(), balances.more), (10, true));

    client.batch_execute("BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE").await.expect("it");
    assert_eq!(observer.balances().await.expect("an answer"), None);
    client
        .batch_execute("COMMIT; DROP TABLE accounts; CREATE TABLE accounts (id text)")
        .await
        .expect("it");
    assert_eq!(observer.balances().await.expect("an answer"), None);
}

#[tokio::test]
async fn what_cannot_be_looked_into_says_why_and_shows_no_password() {
    let url = format!("postgres://me:secret@{}/bank", refusing_server());
    let error = Observer::connect(&url.parse().expect("a URL")).await.expect_err("refused");
    let ObserverError::Connect(cause) = &error else { panic!("{error:?}") };
    assert!(cause.contains("password authentication failed for user \"me\""), "{cause}");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");

    let url = fresh_url().await;
    let mut observer = observer(&url).await;
    let client = client(&url).await;
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
               WHERE query LIKE '/* bankrun observer */%' AND datname = current_database()";
    client.batch_execute(end).await.expect("it ends");
    let error = observer.look(Duration::ZERO).await.expect_err("its connection is gone");
    assert!(matches!(error, ObserverError::Answer(_)), "{error:?}");
}
