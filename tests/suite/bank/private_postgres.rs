//! The throwaway server is there when it is needed, and gone afterwards.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use bankrun::bank::store::PrivatePostgres;
use bankrun::bank::{Bank, BankOptions, Database, DatabaseSpec};

use super::support::{eventually, get};
use crate::support::Bankrun;

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
    let database = Database::open(&DatabaseSpec::private()).await.expect("a database");
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

/// The folder of the private server that this process of bankrun runs: its
/// supervisor is told where it is.
pub(crate) fn folder_of(owner: u32) -> PathBuf {
    let children = format!("/proc/{owner}/task");
    let tasks = std::fs::read_dir(children).expect("a process").filter_map(Result::ok);
    let children = tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .collect::<String>();
    let argument = |child: &str| {
        let command = std::fs::read_to_string(format!("/proc/{child}/cmdline")).ok()?;
        let mut arguments = command.split('\0').skip(1);
        arguments.next().filter(|script| script.ends_with("/supervisor.sh"))?;
        arguments.next().map(PathBuf::from)
    };
    children.split_whitespace().find_map(argument).expect("a supervisor")
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_after_its_owner_is_killed() {
    let args = ["serve", "--database", "postgres", "--listen", "127.0.0.1:0"];
    let mut owner = Bankrun::new(&args).command().spawn().expect("bankrun starts");
    let mut line = String::new();
    let mut out = BufReader::new(owner.stdout.take().expect("piped"));
    out.read_line(&mut line).expect("a line");
    assert!(line.contains("on PostgreSQL"), "{line}");
    let folder = folder_of(owner.id());
    let process = server_process(&folder);
    assert!(is_running(process));

    owner.kill().expect("SIGKILL");
    owner.wait().expect("it ends");
    eventually("server and folder are gone", async || !is_running(process) && !folder.exists())
        .await;
}
