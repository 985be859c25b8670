//! Runs, and what they say of the database.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use bankrun::bank::{Bank, BankOptions, Database};
use serde_json::Value;

use super::support::client;
use crate::bank::fresh_url;
use crate::support::{Bankrun, Ended};

async fn run(args: &[&str]) -> Ended {
    let command = Bankrun::new(args);
    tokio::task::spawn_blocking(move || command.run()).await.expect("it runs")
}

fn databases(summary: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(summary).expect("a summary");
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    let runs = summary["runs"].as_array().expect("runs");
    runs.iter().map(|run| run["database"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn robust_queues_and_naive_reads_without_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let summary = folder.path().join("s.json");
    let url = fresh_url().await;
    let args = ["--mode", "robust,naive", "--database", &url, "--race-window", "10ms"];
    let export = ["--summary-export", summary.to_str().expect("a path")];
    let run = run(&[&args[..], &export].concat()).await.code(1);
    let [robust, naive] = &databases(&summary)[..] else { panic!("{}", run.stdout) };

    // Ten race for each of three rows: one holds, the others queue.
    assert!(robust["peak_waiting"].as_u64() > Some(9), "{robust}");
    assert!(robust["waited_s"].as_f64() > Some(0.0), "{robust}");
    assert!(robust["mean_waiting"].as_f64() > Some(1.0), "{robust}");
    assert!(robust["looks"].as_u64() > Some(5), "{robust}");
    let heaviest = &robust["heaviest"];
    assert_eq!(heaviest["waiting"], robust["peak_waiting"]);
    let reads =
        |row: &Value| row["query"].as_str().is_some_and(|query| query.contains("FOR UPDATE"));
    assert!(heaviest["blocked"].as_array().expect("rows").iter().all(reads), "{heaviest}");
    let counters = &robust["counters"];
    assert_eq!((&counters["deadlocks"], &counters["complete"]), (&0.into(), &true.into()));
    assert!(counters["commits"].as_u64() >= Some(600), "{counters}");
    assert_eq!(robust["trouble"], Value::Null);
    assert!(run.stdout.contains(" wait for "), "{}", run.stdout);

    let document = include_str!("../../../docs/outputs.md");
    let section =
        document.split("## The database").nth(1).and_then(|rest| rest.split("\n## ").next());
    let section = section.expect("a section");
    for value in [robust, counters, &heaviest["blocked"][0]] {
        for field in value.as_object().expect("an object").keys() {
            let told = [format!("`{field}`"), format!("`counters.{field}`")];
            assert!(told.iter().any(|told| section.contains(told)), "{field} is not documented");
        }
    }

    // Two that write the same row at the same moment, and no others.
    let blocked = naive["heaviest"]["blocked"].as_array().cloned().unwrap_or_default();
    let writes =
        |row: &Value| row["query"].as_str().is_some_and(|query| query.starts_with("UPDATE"));
    assert!(blocked.iter().all(writes), "{naive}");
    assert!(naive["mean_waiting"].as_f64() < robust["mean_waiting"].as_f64(), "{naive}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_has_nothing_to_look_into() {
    let folder = tempfile::tempdir().expect("a folder");
    let summary = folder.path().join("s.json");
    let export = ["--summary-export", summary.to_str().expect("a path")];
    let run = run(&[&["--mode", "robust"][..], &export].concat()).await.code(0);
    assert_eq!(databases(&summary), [Value::Null]);
    assert!(!run.stdout.lines().any(|line| line.starts_with("database")), "{}", run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_of_a_target_is_looked_into_where_it_is_named() {
    let url = fresh_url().await;
    let database = Database::open(&url.parse().expect("a URL")).await.expect("a database");
    let bank = Bank::start(&database, BankOptions::default()).await.expect("a bank");
    let target = format!("http://{}", bank.addr());
    let unwatched = run(&["--target", &target]).await.code(0);
    assert!(!unwatched.stdout.contains("waited for a lock"), "{}", unwatched.stdout);
    let watched = run(&["--target", &target, "--watch-database", &url]).await.code(0);
    assert!(watched.stdout.contains("waited for a lock at the peak"), "{}", watched.stdout);
    assert!(watched.stdout.contains("may be missing"), "{}", watched.stdout);
    let variable = Bankrun::new(&["--target", &target]).env("BANKRUN_WATCH_DATABASE", &url);
    let variable = tokio::task::spawn_blocking(move || variable.run()).await.expect("it runs");
    assert!(variable.stdout.contains("waited for a lock at the peak"), "{}", variable.stdout);
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_seen_changes_nothing_else() {
    let url = fresh_url().await;
    let database = Database::open(&url.parse().expect("a URL")).await.expect("a database");
    let bank = Bank::start(&database, BankOptions::default()).await.expect("a bank");
    let target = format!("http://{}", bank.addr());
    let dead = "postgres://me:secret@127.0.0.1:1/bank";
    let run = run(&["--target", &target, "--watch-database", dead]).await.code(0);
    assert!(run.stdout.contains("not seen: cannot connect to it"), "{}", run.stdout);
    assert!(run.stdout.contains("PASS 3 balances as expected"), "{}", run.stdout);
    assert!(!format!("{}{}", run.stdout, run.stderr).contains("secret"), "{}", run.stdout);
    bank.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_breaks_off_changes_nothing_else() {
    let url = fresh_url().await;
    let args = ["scenarios/mix.yaml", "--mode", "robust", "--duration", "3s", "--database", &url];
    let run = tokio::spawn({
        let args = args.map(str::to_owned);
        async move { run(&args.each_ref().map(String::as_str)).await }
    });
    let client = client(&url).await;
    let began = Instant::now();
    let soon = async |what| {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND application_name = 'bankrun robust' AND wait_event_type = 'Lock'";
    while client.query_one(waits, &[]).await.expect("a count").get::<_, i64>(0) == 0 {
        soon("nobody waits").await;
    }
    // The second one began after that, and the third when that one had been told of.
    let look = "SELECT query_start::text FROM pg_stat_activity \
                WHERE query LIKE '/* bankrun observer */%' AND datname = current_database() \
                  AND query LIKE '%pg_locks%'";
    let mut looks = BTreeSet::<String>::new();
    while looks.len() < 3 {
        looks.extend(client.query(look, &[]).await.expect("rows").iter().map(|row| row.get(0)));
        soon("nobody looks").await;
    }
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE query LIKE '/* bankrun observer */%' AND datname = current_database()";
    assert_eq!(client.query_one(end, &[]).await.expect("a count").get::<_, i64>(0), 1);
    let run = run.await.expect("it runs").code(0);
    assert!(
        run.stdout.contains("it was looked into no further: it cannot be asked: "),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("PASS 3 balances"), "{}", run.stdout);
}

#[test]
fn what_is_wrong_with_the_option_is_said_without_the_password() {
    for (args, says) in [
        (&["--watch-database", "mysql://me:secret@db"][..], "is no PostgreSQL"),
        (&["--watch-database", "postgres://me:secret@db:x/bank"], "percent-encoded"),
        (&["--watch-database", "sqlite"], "SQLite has nothing to look into"),
        (&["--mode", "naive", "--watch-database", "postgres://me:secret@db"], "of a --target"),
        (&["--database", "postgres://me:secret@db:x/bank"], "percent-encoded"),
    ] {
        let run = Bankrun::new(args).run().code(2);
        assert!(run.stderr.contains(says), "{}", run.stderr);
        assert!(!run.stderr.contains("cret"), "{}", run.stderr);
    }
    let run = Bankrun::new(&["--mode", "robust"]).env("BANKRUN_WATCH_DATABASE", "sqlite");
    let run = run.run().code(2);
    assert!(run.stderr.contains("BANKRUN_WATCH_DATABASE: SQLite"), "{}", run.stderr);
}
