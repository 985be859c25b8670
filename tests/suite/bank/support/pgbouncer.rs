use std::collections::{BTreeMap, BTreeSet};
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::unistd::{Uid, User};
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::cluster;

/// For how long a client is lent a connection of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PoolMode {
    Transaction,
    Session,
    Statement,
}

impl PoolMode {
    pub(crate) const ALL: [Self; 3] = [Self::Transaction, Self::Session, Self::Statement];

    fn name(self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
            Self::Session => "session",
            Self::Statement => "statement",
        }
    }
}

/// A real PgBouncer before the cluster, with one pool for all of its clients. It
/// ends when it is dropped.
pub(crate) struct PgBouncer {
    folder: TempDir,
    process: Child,
    /// Connections of the server at most.
    size: usize,
}

/// What a connection of the server shows to whoever is lent it.
pub(crate) type Shown = BTreeSet<String>;

impl PgBouncer {
    /// A missing PgBouncer fails the test, with a message that says what to do.
    /// `more`: lines of its section `[pgbouncer]`.
    pub(crate) async fn start(mode: PoolMode, size: usize, more: &str) -> Self {
        let server = cluster().await.folder();
        let folder = tempfile::Builder::new().prefix("bankrun-").tempdir_in("/tmp");
        let folder = folder.expect("a folder");
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("ours");
        let (here, server_folder) = (folder.path().display(), server.display());
        let settings = format!(
            "[databases]\n* = host={server_folder} port=5432 user=postgres\n\
             [pgbouncer]\nlisten_addr=\nlisten_port=6432\nunix_socket_dir={here}\n\
             auth_type=any\npool_mode={}\ndefault_pool_size={size}\nlogfile={here}/log\n{}{more}\n",
            mode.name(),
            as_user(server),
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).expect("a file");
        let mut bouncer = Command::new(program());
        bouncer.arg("--quiet").arg(&file).stdin(Stdio::null());
        let process = bouncer.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.unwrap_or_else(|error| {
            panic!("these tests need PgBouncer (apt-get install pgbouncer): {error}")
        });
        let bouncer = Self { folder, process, size };
        let began = Instant::now();
        while UnixStream::connect(bouncer.socket()).await.is_err() {
            let log = std::fs::read_to_string(bouncer.folder.path().join("log"));
            assert!(began.elapsed() < Duration::from_secs(20), "no PgBouncer: {log:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bouncer
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join(".s.PGSQL.6432")
    }

    /// The URL of a database of the cluster, by this way.
    pub(crate) fn url(&self, database: &str) -> String {
        let host = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{host}:6432/{database}")
    }

    /// A client that sets nothing, not so much as its name.
    pub(crate) async fn client(&self, database: &str) -> Client {
        let config: Config = self.url(database).parse().expect("a URL");
        let (client, connection) = config.connect(NoTls).await.expect("it listens");
        tokio::spawn(connection);
        client
    }

    /// All that each connection of the server shows: its settings, what is
    /// prepared, declared, locked and temporary there. Takes each of them at once.
    pub(crate) async fn servers(&self, database: &str) -> BTreeMap<String, Shown> {
        let mut servers = BTreeMap::new();
        let mut held = Vec::new();
        for _ in 0..self.size {
            let client = self.client(database).await;
            client.simple_query("SELECT 1").await.expect("a connection of the server");
            // Without transactions there is no way to hold one: there is to be one.
            if self.size > 1 {
                client.batch_execute("BEGIN").await.expect("a transaction");
            }
            let pid = rows(&client, "SELECT pg_backend_pid()").await.concat();
            let mut shown: Shown = rows(&client, "SHOW ALL").await.into_iter().collect();
            for hoard in [
                "SELECT 'prepared', name, statement FROM pg_prepared_statements",
                "SELECT 'cursor', name FROM pg_cursors",
                "SELECT 'advisory lock', objid FROM pg_locks \
                 WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
                "SELECT 'temporary', relname FROM pg_class \
                 WHERE relnamespace = pg_my_temp_schema()",
                "SELECT 'listens', pg_listening_channels()",
            ] {
                shown.extend(rows(&client, hoard).await);
            }
            servers.insert(pid, shown);
            held.push(client);
        }
        for client in held {
            if self.size > 1 {
                client.batch_execute("ROLLBACK").await.expect("an end");
            }
        }
        servers
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Debian has it where only root looks.
fn program() -> &'static str {
    const DEBIAN: &str = "/usr/sbin/pgbouncer";
    if Path::new(DEBIAN).exists() { DEBIAN } else { "pgbouncer" }
}

/// Each row in a line.
async fn rows(client: &Client, query: &str) -> Vec<String> {
    let messages = client.simple_query(query).await.expect("rows");
    let row = |message: SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            let values = (0..row.len()).map(|column| row.get(column).unwrap_or("NULL"));
            Some(values.collect::<Vec<_>>().join(" = "))
        }
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}

/// It does not run as root, and has to get at the socket of the cluster.
fn as_user(server: &Path) -> String {
    if !Uid::effective().is_root() {
        return String::new();
    }
    let owner = std::fs::metadata(server.join("data")).expect("its data").uid();
    let user = User::from_uid(Uid::from_raw(owner)).expect("users").expect("a name");
    format!("user={}\n", user.name)
}
