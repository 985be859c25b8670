//! The throwaway server is there when it is needed, and gone afterwards.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bankrun::bank::store::PrivatePostgres;
use bankrun::bank::{Bank, BankOptions, Database, DatabaseSpec};

use super::support::{eventually, get};

/// The process of the server itself.
fn server_process(folder: &Path) -> u32 {
    let file = std::fs::read_to_string(folder.join("data/postmaster.pid")).expect("a pid file");
    file.lines().next().and_then(|line| line.parse().ok()).expect("a process number")
}

fn is_running(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

#[tokio::test(flavor = "multi_thread")]
async fn serves_a_bank_and_is_gone_after_close() {
    let database = Database::open(&DatabaseSpec::PrivatePostgres).await.expect("a database");
    let bank = Bank::start(&database, BankOptions::default()).await.expect("a bank");
    assert!(bank.database().starts_with("PostgreSQL "), "{}", bank.database());
    assert_eq!(get(bank.addr(), "/balance/1").await.body, r#"{"balance":1000}"#);
    let folder = database.folder().expect("made for it").to_owned();
    let process = server_process(&folder);
    bank.shutdown().await;
    database.close().await;
    assert!(!folder.exists() && !is_running(process));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_and_each_goes_alone() {
    let (one, two) = tokio::join!(PrivatePostgres::start(&[]), PrivatePostgres::start(&[]));
    let (one, two) = (one.expect("a server"), two.expect("a server"));
    let (folder, process) = (one.folder().to_owned(), server_process(one.folder()));
    one.stop().await;
    assert!(!folder.exists() && !is_running(process));
    assert!(is_running(server_process(two.folder())), "the other one goes on");
    let (folder, process) = (two.folder().to_owned(), server_process(two.folder()));
    drop(two);
    assert!(!folder.exists() && !is_running(process), "dropping does the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_start_shows_the_log_and_leaves_nothing() {
    let failed = PrivatePostgres::start(&["shared_buffers=much"]).await;
    let message = failed.expect_err("no such amount").to_string();
    assert!(message.contains("shared_buffers"), "{message}");
}

/// Owns a server until it is killed; started by the next test.
#[test]
#[ignore = "a helper process of the test below"]
fn owner() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(PrivatePostgres::start(&[])).expect("a server");
    let mut out = std::io::stdout();
    writeln!(out, "\nfolder={}", server.folder().display()).expect("a reader");
    out.flush().expect("a reader");
    std::io::stdin().read_line(&mut String::new()).expect("killed before");
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_after_its_owner_is_killed() {
    let mut owner = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "bank::private_postgres::owner", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a helper process");
    let lines = BufReader::new(owner.stdout.take().expect("piped")).lines();
    let folder = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("folder=").map(PathBuf::from));
    let folder = folder.expect("the helper names its folder");
    let process = server_process(&folder);
    assert!(is_running(process));

    owner.kill().expect("SIGKILL");
    owner.wait().expect("it ends");
    eventually("server and folder are gone", async || !is_running(process) && !folder.exists())
        .await;
}
