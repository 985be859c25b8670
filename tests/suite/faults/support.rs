use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bankrun::bank::store::PrivatePostgres;
use bankrun::bank::{Bank, BankOptions, Database, Mode};
use tokio_postgres::{Client, NoTls};

use crate::bank::{Answer, post, start};

/// How long an [`impatient`] bank waits for its database.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// What a busy machine may add.
pub(super) const SLACK: Duration = Duration::from_secs(6);

pub(super) const DEPOSIT: &str = r#"{"userId":1,"amount":1}"#;

const WITHDRAWAL: &str = r#"{"userId":1,"amount":MOST}"#;

/// Those that keep their word, whatever happens.
pub(super) fn correct_modes() -> impl Iterator<Item = Mode> {
    Mode::ALL.into_iter().filter(|mode| mode.is_correct())
}

/// A PostgreSQL for one test alone, to do anything to.
pub(super) async fn cluster(settings: &[&str]) -> PrivatePostgres {
    match PrivatePostgres::start(settings).await {
        Ok(server) => server,
        Err(error) => panic!("these tests need PostgreSQL: {error}"),
    }
}

/// A connection of one's own, past the bank.
pub(super) async fn look_into(cluster: &PrivatePostgres, database: &str) -> Client {
    let mut config = cluster.config();
    config.dbname(database).application_name("test");
    let (client, connection) = config.connect(NoTls).await.expect("the cluster is up");
    tokio::spawn(connection);
    client
}

/// A database of this name, empty.
pub(super) async fn create(cluster: &PrivatePostgres, name: &str) {
    let client = look_into(cluster, "postgres").await;
    client.batch_execute(&format!("CREATE DATABASE \"{name}\"")).await.expect("a new database");
}

/// A bank in this mode on the database of this URL.
pub(super) async fn bank(url: &str, mode: Mode, options: BankOptions) -> (Bank, Database) {
    let database = Database::open(&url.parse().expect("a URL")).await.expect("nothing to make");
    (start(&database, BankOptions { mode, ..options }).await, database)
}

/// Options of a bank that soon gives up.
pub(super) fn impatient() -> BankOptions {
    BankOptions { acquire_timeout: PATIENCE, ..Default::default() }
}

/// Ends the banks, and then their cluster.
pub(super) async fn stop(banks: Vec<(Bank, Database)>, cluster: PrivatePostgres) {
    for (bank, _database) in banks {
        bank.shutdown().await;
    }
    cluster.stop().await;
}

/// One deposit, and how long it took.
pub(super) async fn deposit(addr: SocketAddr) -> (Answer, Duration) {
    let start = Instant::now();
    (post(addr, "/deposit", DEPOSIT).await, start.elapsed())
}

/// The same with a withdrawal that is refused, for it asks for more than there
/// is: beside a run, which counts the money, nobody else may move any.
pub(super) async fn probe(addr: SocketAddr) -> (Answer, Duration) {
    let start = Instant::now();
    (
        post(addr, "/withdraw", &WITHDRAWAL.replace("MOST", &i64::MAX.to_string())).await,
        start.elapsed(),
    )
}

/// Whether the probe was answered as by a database that is well.
pub(super) fn is_served(answer: &Answer) -> bool {
    answer.code() == "insufficient_funds"
}

/// Probes until one is served, and how long that took.
pub(super) async fn until_served(addr: SocketAddr) -> Duration {
    let start = Instant::now();
    loop {
        let (answer, _) = probe(addr).await;
        if is_served(&answer) {
            return start.elapsed();
        }
        assert!(start.elapsed() < Duration::from_secs(30), "still not served: {answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// It says that it cannot be served now and when to come again, and is right in
/// that nothing was applied; or else that it does not know.
#[track_caller]
pub(super) fn assert_refused(answer: &Answer, what: &str) {
    match (answer.status, answer.code().as_str()) {
        (503, "unavailable") => assert!(answer.headers.contains_key("retry-after"), "{answer:?}"),
        (500, "outcome_unknown") => {}
        _ => panic!("{what}: {answer:?}"),
    }
}

/// No transaction of a bank is open, and no lock is held or waited for.
pub(super) async fn nothing_left_behind(client: &Client) -> bool {
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                AND pid <> pg_backend_pid() AND (state <> 'idle' OR xact_start IS NOT NULL)";
    let locks = "SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let count = async |query| client.query_one(query, &[]).await.expect("a count").get::<_, i64>(0);
    count(open).await == 0 && count(locks).await == 0
}

/// What a script asks of a test by a variable, or as much as the suite has time
/// for.
pub(super) fn asked(variable: &str, otherwise: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable}: `{text}` is no number")),
        Err(_) => otherwise,
    }
}

/// Figures for `docs/reliability.md`; shown with `--nocapture`.
pub(super) fn figure(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "figure: {text}");
}

/// The longest of these.
pub(super) fn longest(times: &[Duration]) -> Duration {
    times.iter().max().copied().unwrap_or_default()
}
