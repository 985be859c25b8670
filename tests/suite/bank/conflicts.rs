//! How PostgreSQL says that one of two has to give up, step by step.

use std::num::NonZeroU32;
use std::time::Duration;

use bankrun::bank::Database;
use bankrun::bank::store::{Connection, Isolation, PoolOptions, Store, StoreError, migrate};

use super::support::{Kind, database};

/// Two connections to one database, each in a transaction.
async fn two(isolation: Isolation) -> (Connection, Connection, Database) {
    let database = database(Kind::Postgres).await;
    migrate(&database).await.expect("migrations");
    let options = PoolOptions {
        application_name: "test".to_owned(),
        size: NonZeroU32::new(2).expect("not zero"),
        acquire_timeout: Duration::from_secs(20),
        longest_pause: std::time::Duration::ZERO,
    };
    let store = Store::open(&database, &options).await.expect("a pool");
    let mut one = store.connection().await.expect("a connection");
    let mut two = store.connection().await.expect("a connection");
    one.begin(isolation).await.expect("begun");
    two.begin(isolation).await.expect("begun");
    (one, two, database)
}

fn is_conflict<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict(_)))
}

/// SQLSTATE 40P01.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_a_conflict() {
    let (mut one, mut two, _database) = two(Isolation::ReadCommitted).await;
    one.write(1, 1).await.expect("written");
    two.write(2, 2).await.expect("written");
    let (ones, twos) = tokio::join!(one.write(2, 1), two.write(1, 2));
    assert!(is_conflict(&ones) != is_conflict(&twos), "{ones:?} {twos:?}");
    let (loser, lost, winner) =
        if ones.is_err() { (&mut one, ones, &mut two) } else { (&mut two, twos, &mut one) };
    assert!(is_conflict(&loser.end(lost).await), "it has rolled back");
    winner.end(Ok::<_, StoreError>(())).await.expect("committed");
    let balances = [loser.read(1).await.expect("it still works"), loser.read(2).await.expect("so")];
    assert_eq!(balances[0], balances[1], "all of one, nothing of the other");
}

/// SQLSTATE 40001, at the statement that comes too late.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_write_is_a_conflict() {
    let (mut one, mut two, _database) = two(Isolation::Serializable).await;
    assert_eq!(
        (one.read(1).await.expect("a balance"), two.read(1).await.expect("it")),
        (1000, 1000)
    );
    one.write(1, 1).await.expect("written");
    one.end(Ok::<_, StoreError>(())).await.expect("committed");
    let late = two.write(1, 2).await;
    assert!(is_conflict(&late), "{late:?}");
    assert!(is_conflict(&two.end(late).await));
    assert_eq!(two.read(1).await.expect("it still works"), 1);
}

/// SQLSTATE 40001, and nobody can know before COMMIT.
#[tokio::test(flavor = "multi_thread")]
async fn write_skew_is_a_conflict_at_commit() {
    let (mut one, mut two, _database) = two(Isolation::Serializable).await;
    one.read(1).await.expect("a balance");
    two.read(2).await.expect("a balance");
    one.write(2, 1).await.expect("written");
    two.write(1, 2).await.expect("written");
    one.end(Ok::<_, StoreError>(())).await.expect("committed");
    let late = two.end(Ok::<_, StoreError>(())).await;
    assert!(is_conflict(&late), "{late:?}");
    assert_eq!(two.read(1).await.expect("it still works"), 1000, "rolled back");
    assert_eq!(two.read(2).await.expect("a balance"), 1);
}
