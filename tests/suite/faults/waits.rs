//! A database that is well, and does not get on: locks, deadlocks, a full pool,
//! a full disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use bankrun::bank::store::PrivatePostgres;
use bankrun::bank::{BankOptions, Mode};

use super::support::{
    PATIENCE, SLACK, assert_refused, bank, cluster, correct_modes, create, deposit, figure,
    impatient, longest, look_into, nothing_left_behind, until_served,
};
use crate::bank::{eventually, get, post};

/// Somebody holds the row: the pool fills with those who wait for it, and all
/// hear 503 in time. None of them is left waiting in the database.
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
        let mut times = Vec::new();
        for one in many {
            let (answer, took) = one.await.expect("an answer");
            assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"), "{answer:?}");
            assert!(answer.headers.contains_key("retry-after"));
            times.push(took);
        }
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

/// A small file system in memory, for as long as it is held.
struct Tiny(PathBuf);

impl Tiny {
    /// `None` where this may not be done: it takes root.
    fn mount(folder: &Path) -> Option<Self> {
        let place = folder.join("tiny");
        std::fs::create_dir(&place).expect("a folder");
        let mount = ["-t", "tmpfs", "-o", "size=24m", "tmpfs"];
        let mounted = Command::new("mount").args(mount).arg(&place).output();
        if !mounted.is_ok_and(|done| done.status.success()) {
            return None;
        }
        Some(Self(place))
    }

    /// Leaves no room, or as much again as there was.
    fn fill(&self, full: bool) {
        let ballast = self.0.join("ballast");
        if full {
            // It ends with an error: there is no more room.
            let _ = std::fs::write(&ballast, vec![1; 64 << 20]);
        } else {
            std::fs::remove_file(ballast).expect("removed");
        }
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// The disk of the tables is full: what needs room is refused, nothing is
/// acknowledged that is not there, and service is back with the room.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_503_until_there_is_room() {
    let cluster = cluster(&[]).await;
    let folder = tempfile::Builder::new().prefix("bankrun-").tempdir_in("/tmp").expect("a folder");
    let mode_of_folder = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), mode_of_folder).expect("ours");
    let Some(tiny) = Tiny::mount(folder.path()) else {
        figure("SKIPPED: a full disk needs root, who may mount a small one");
        cluster.stop().await;
        return;
    };
    let admin = look_into(&cluster, "postgres").await;
    let place = tiny.0.join("space");
    prepare(&cluster, &place);
    let create = format!("CREATE TABLESPACE tiny LOCATION '{}'", place.display());
    admin.batch_execute(&create).await.expect("a tablespace");
    for mode in [Mode::Robust, Mode::Atomic, Mode::Batched] {
        let name = mode.name();
        let create = format!("CREATE DATABASE \"{name}\" TABLESPACE tiny");
        admin.batch_execute(&create).await.expect("a database");
        let (bank, _database) = bank(&cluster.url(name), mode, BankOptions::default()).await;
        let addr = bank.addr();
        until_served(addr).await;
        tiny.fill(true);
        // A reset to many accounts needs more room than there is.
        let many = post(addr, "/reset", r#"{"count":200000,"balance":1}"#).await;
        assert_eq!((many.status, many.code().as_str()), (503, "unavailable"), "{many:?}");
        let accounts = get(addr, "/accounts").await.body;
        assert!(accounts.contains(r#""total":3000"#), "{mode}: {accounts}");
        // Updates leave old rows behind, until there is no room for a new one.
        let (mut acknowledged, mut refused) = (0, 0);
        for _ in 0..20 {
            let (answer, _) = deposit(addr).await;
            match answer.status {
                200 => acknowledged += 1,
                _ => {
                    assert_refused(&answer, name);
                    refused += 1;
                }
            }
        }
        tiny.fill(false);
        let back = until_served(addr).await;
        let balance = get(addr, "/balance/1").await.json()["balance"].as_i64().expect("a balance");
        assert_eq!(balance, 1000 + acknowledged, "{mode}: {refused} refused");
        let many = post(addr, "/reset", r#"{"count":1000,"balance":1}"#).await;
        assert_eq!(many.status, 200, "{many:?}");
        figure(&format!(
            "{mode}: disk full, {acknowledged} acknowledged and there, {refused} refused, served \
             {back:?} after there was room"
        ));
        bank.shutdown().await;
        admin.batch_execute(&format!("DROP DATABASE \"{name}\" WITH (FORCE)")).await.expect("gone");
    }
    admin.batch_execute("DROP TABLESPACE tiny").await.expect("empty");
    cluster.stop().await;
}

/// A folder that belongs to the server.
fn prepare(cluster: &PrivatePostgres, place: &Path) {
    use std::os::unix::fs::{MetadataExt, chown};
    std::fs::create_dir(place).expect("a folder");
    let of_server = std::fs::metadata(cluster.folder().join("data")).expect("its data");
    let (uid, gid) = (of_server.uid(), of_server.gid());
    chown(place, Some(uid), Some(gid)).expect("root may");
}
