//! A database whose disk is full: that of its tables, and that of its log.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bankrun::bank::store::PrivatePostgres;
use bankrun::bank::{BankOptions, Database, Mode};
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

use super::support::{
    DEPOSIT, PATIENCE, assert_refused, bank, cluster, create, deposit, figure, impatient,
    look_into, until_served,
};
use crate::bank::{get, post, request, send, start};

/// A small file system in memory, for as long as it is held.
struct Tiny(PathBuf);

impl Tiny {
    /// `None` where this may not be done: it takes root.
    fn mount(folder: &Path, megabytes: u32) -> Option<Self> {
        let place = folder.join("tiny");
        std::fs::create_dir(&place).expect("a folder");
        let size = format!("size={megabytes}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&place).output();
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
    let folder = folder_for_all();
    let Some(tiny) = Tiny::mount(folder.path(), 24) else {
        figure("SKIPPED: a full disk needs root, who may mount a small one");
        cluster.stop().await;
        return;
    };
    let admin = look_into(&cluster, "postgres").await;
    let place = tiny.0.join("space");
    std::fs::create_dir(&place).expect("a folder");
    give(&cluster, &place);
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

/// The disk of SQLite's file is full: what needs room is refused as what may work
/// later, nothing is applied by halves, and service is back with the room.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_sqlite_is_503_until_there_is_room() {
    let folder = folder_for_all();
    let Some(tiny) = Tiny::mount(folder.path(), 4) else {
        figure("SKIPPED: a full disk needs root, who may mount a small one");
        return;
    };
    for mode in Mode::ALL.into_iter().filter(|mode| !mode.needs_postgres()) {
        let spec = format!("sqlite:{}", tiny.0.join(mode.name()).display());
        let database = Database::open(&spec.parse().expect("a file")).await.expect("a file");
        let bank = start(&database, BankOptions { mode, ..Default::default() }).await;
        let addr = bank.addr();
        until_served(addr).await;
        tiny.fill(true);
        let many = post(addr, "/reset", r#"{"count":200000,"balance":1}"#).await;
        assert_eq!((many.status, &*many.code()), (503, "unavailable"), "{mode}: {many:?}");
        assert!(many.headers.contains_key("retry-after"), "{many:?}");
        let (mut acknowledged, mut refused) = (0, 0);
        for number in 0..400 {
            // With a key and without one: each mode has its own way to write.
            let mut request = request("POST", "/deposit", Some("application/json"), DEPOSIT);
            if number % 2 == 0 {
                let key = format!("{mode}-{number}").parse().expect("a header");
                request.headers_mut().insert("idempotency-key", key);
            }
            let answer = send(addr, request).await;
            match answer.status {
                200 => acknowledged += 1,
                _ => {
                    assert_eq!(
                        (answer.status, &*answer.code()),
                        (503, "unavailable"),
                        "{answer:?}"
                    );
                    assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 0, "{mode}: there was room for all");
        let balance = || async { get(addr, "/balance/1").await.json()["balance"].as_i64() };
        assert_eq!(balance().await, Some(1000 + acknowledged), "{mode}: while it is full");
        tiny.fill(false);
        let back = until_served(addr).await;
        // That was one more, or several.
        let reset = post(addr, "/reset", r#"{"count":1000,"balance":1}"#).await;
        assert_eq!(reset.status, 200, "{reset:?}");
        let (answer, _) = deposit(addr).await;
        assert_eq!((answer.status, balance().await), (200, Some(2)), "{mode}: {answer:?}");
        figure(&format!(
            "SQLite {mode}: disk full, {acknowledged} acknowledged and there, {refused} refused, \
             served {back:?} after there was room"
        ));
        bank.shutdown().await;
        database.close().await;
    }
}

/// The disk of the log is full: PostgreSQL cannot so much as commit, goes down,
/// and may not come up again before there is room. Nothing acknowledged is
/// missing then, and the bank is back without a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_log_loses_nothing_and_service_is_back_with_the_room() {
    // Few segments, so that each new one needs room at once.
    let settings = ["max_wal_size=32MB", "min_wal_size=32MB", "wal_recycle=off"];
    let cluster = cluster(&settings).await;
    let folder = folder_for_all();
    let Some(tiny) = Tiny::mount(folder.path(), 96) else {
        figure("SKIPPED: a full log needs root, who may mount a small disk");
        cluster.stop().await;
        return;
    };
    cluster.shut_down().await.expect("stopped");
    move_log(&cluster, &tiny.0.join("pg_wal"));
    cluster.start_again().await.expect("with its log elsewhere");
    for mode in [Mode::Robust, Mode::Atomic, Mode::Batched] {
        create(&cluster, mode.name()).await;
        let (bank, _database) = bank(&cluster.url(mode.name()), mode, impatient()).await;
        let addr = bank.addr();
        until_served(addr).await;
        tiny.fill(true);
        let (mut acknowledged, mut refused, mut unknown) = (0, 0, 0);
        for _ in 0..8 {
            // What is left of a segment is soon used up.
            let admin = try_to_look_into(&cluster).await;
            if let Some(admin) = admin {
                admin.batch_execute("SELECT pg_switch_wal()").await.ok();
            }
            let (answer, _) = deposit(addr).await;
            match answer.status {
                200 => acknowledged += 1,
                _ => {
                    assert_refused(&answer, mode.name());
                    refused += i64::from(answer.status == 503);
                    unknown += i64::from(answer.status == 500);
                }
            }
        }
        assert!(refused + unknown > 0, "{mode}: the log was not full");
        tiny.fill(false);
        let start = Instant::now();
        while try_to_look_into(&cluster).await.is_none() {
            // It went down for good, unless it is on its way up.
            cluster.start_again().await.ok();
            assert!(start.elapsed() < Duration::from_secs(60), "{mode}: it stays away");
        }
        let back = until_served(addr).await;
        let balance = get(addr, "/balance/1").await.json()["balance"].as_i64().expect("a balance");
        let possible = 1000 + acknowledged..=1000 + acknowledged + unknown;
        assert!(possible.contains(&balance), "{mode}: {balance}, and not in {possible:?}");
        figure(&format!(
            "{mode}: log full, {acknowledged} acknowledged and there, {refused} refused, {unknown} \
             unknown, served {back:?} after PostgreSQL was back"
        ));
        bank.shutdown().await;
    }
    // Its log has to be there until it has ended.
    cluster.stop().await;
    drop(tiny);
}

/// Anybody may enter it, PostgreSQL's user too.
fn folder_for_all() -> TempDir {
    let folder = tempfile::Builder::new().prefix("bankrun-").tempdir_in("/tmp").expect("a folder");
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("ours");
    folder
}

/// It belongs to the server from now on.
fn give(cluster: &PrivatePostgres, place: &Path) {
    let of_server = std::fs::metadata(cluster.folder().join("data")).expect("its data");
    chown(place, Some(of_server.uid()), Some(of_server.gid())).expect("root may");
}

/// The server, which is stopped, will find its log in this place.
fn move_log(cluster: &PrivatePostgres, place: &Path) {
    let log = cluster.folder().join("data/pg_wal");
    let copied = Command::new("cp").arg("--archive").arg(&log).arg(place).output();
    assert!(copied.is_ok_and(|done| done.status.success()), "the log is not copied");
    std::fs::remove_dir_all(&log).expect("ours");
    symlink(place, &log).expect("ours");
}

/// `None` while nobody can.
async fn try_to_look_into(cluster: &PrivatePostgres) -> Option<Client> {
    let config = cluster.config();
    let (client, connection) = timeout(PATIENCE, config.connect(NoTls)).await.ok()?.ok()?;
    tokio::spawn(connection);
    client.batch_execute("SELECT 1").await.ok()?;
    Some(client)
}
