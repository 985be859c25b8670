use std::sync::atomic::{AtomicU32, Ordering};

use bankrun::bank::store::PrivatePostgres;
use bankrun::bank::{Database, DatabaseSpec, Mode};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, Config, NoTls};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(in super::super) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// The modes it can show.
    pub(in super::super) fn modes(self) -> impl Iterator<Item = Mode> {
        Mode::ALL.into_iter().filter(move |mode| self == Self::Postgres || !mode.needs_postgres())
    }
}

/// One server for all tests of this process; it goes when the process ends.
static CLUSTER: OnceCell<PrivatePostgres> = OnceCell::const_new();

/// A missing PostgreSQL fails the test, with a message that says what to do.
pub(in super::super) async fn cluster() -> &'static PrivatePostgres {
    let settings = ["log_statement=all", "log_line_prefix=%d|%p|%a|", "deadlock_timeout=50ms"];
    let start = async || match PrivatePostgres::start(&settings).await {
        Ok(server) => server,
        Err(error) => panic!("these tests need PostgreSQL: {error}"),
    };
    CLUSTER.get_or_init(start).await
}

/// An empty database of its own for a test.
pub(in super::super) async fn database(kind: Kind) -> Database {
    match kind {
        Kind::Sqlite => Database::open(&DatabaseSpec::Sqlite).await.expect("a temporary file"),
        Kind::Postgres => postgres().await.0,
    }
}

/// An empty PostgreSQL database, and its name.
pub(in super::super) async fn postgres() -> (Database, String) {
    let name = fresh_name().await;
    let spec: DatabaseSpec = cluster().await.url(&name).parse().expect("a valid URL");
    (Database::open(&spec).await.expect("nothing to make"), name)
}

/// The URL of an empty PostgreSQL database.
pub(crate) async fn fresh_url() -> String {
    cluster().await.url(&fresh_name().await)
}

async fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let admin = admin("postgres").await;
    admin.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a new database");
    name
}

/// A connection of one's own, to look behind the bank.
pub(in super::super) async fn admin(database: &str) -> Client {
    let mut config: Config = cluster().await.config();
    config.dbname(database).application_name("test");
    let (client, connection) = config.connect(NoTls).await.expect("the cluster is up");
    tokio::spawn(connection);
    client
}
