use std::ffi::OsStr;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio_postgres::{Config, NoTls};

use super::supervisor::{Supervisor, Unprivileged};

/// What every private server runs with: nothing of it is worth keeping, and
/// nobody but this user can reach it.
const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "fsync=off",
    "full_page_writes=off",
    // A mode that deadlocks is to show it without a second's wait each time.
    "deadlock_timeout=100ms",
    "max_connections=200",
    "shared_buffers=32MB",
    "log_destination=stderr",
];

/// Where Debian and its kin put the binaries, one folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

const SOCKET: &str = ".s.PGSQL.5432";

/// The longest path of a Unix socket that every system takes.
const LONGEST_SOCKET: usize = 100;

/// A slow machine may take its time; about a second is usual.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A throwaway PostgreSQL in a temporary folder, reachable only through a
/// Unix socket in it. Server and folder are gone when this is stopped or
/// dropped, and when the process ends, SIGKILL included.
#[derive(Debug)]
pub struct PrivatePostgres {
    folder: PathBuf,
    supervisor: Supervisor,
}

/// Why there is no private PostgreSQL.
#[derive(Debug, Error)]
pub enum PrivatePostgresError {
    #[error(
        "no PostgreSQL found: looked for `initdb` and `postgres` on PATH and in {looked}; install \
         it (`apt-get install postgresql`), give a `postgres://` URL, or use `--database sqlite`"
    )]
    NotInstalled { looked: String },
    #[error("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`")]
    NobodyToBecome,
    #[error("cannot start the private PostgreSQL: {0}")]
    Io(#[from] io::Error),
    #[error("the private PostgreSQL did not start; its log ends with:\n{log}")]
    Failed { log: String },
    #[error(
        "the private PostgreSQL was not ready after {START_TIMEOUT:?}; its log ends with:\n{log}"
    )]
    TooSlow { log: String },
}

impl PrivatePostgres {
    /// Starts a server with additional `settings` (`log_statement=all`) and
    /// waits until it takes connections.
    pub async fn start(settings: &[&str]) -> Result<Self, PrivatePostgresError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let bin = find_binaries(&path, Path::new(DEBIAN)).ok_or_else(not_installed)?;
        let user = Unprivileged::if_root().map_err(|_| PrivatePostgresError::NobodyToBecome)?;
        let folder = tempfile::Builder::new()
            .prefix("bankrun-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(temporary_folder(user.is_some()))?;
        let options: Vec<String> = SETTINGS
            .iter()
            .chain(settings)
            .flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()])
            .collect();
        let supervisor = Supervisor::start(folder.path(), &bin, &options, user.as_ref())?;
        let server = Self { folder: folder.keep(), supervisor };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Whether there are binaries to start one with.
    pub fn is_installed() -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        find_binaries(&path, Path::new(DEBIAN)).is_some()
    }

    /// How to connect to its database `postgres`.
    pub fn config(&self) -> Config {
        let mut config = Config::new();
        config.host_path(&self.folder).user("postgres").dbname("postgres");
        config
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        let host: String = self
            .folder
            .to_string_lossy()
            .bytes()
            .map(|byte| match byte {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02X}"),
            })
            .collect();
        format!("postgres://postgres@{host}/{database}")
    }

    /// The folder that holds its data, socket and log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The server's log.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// The Unix socket on which it listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(SOCKET)
    }

    /// There while the server is not.
    pub(super) fn stopped(&self) -> PathBuf {
        self.folder.join("stopped")
    }

    pub(super) fn tell_supervisor(&self) -> io::Result<()> {
        self.supervisor.tell()
    }

    /// Stops the server and waits until it and its folder are gone.
    pub async fn stop(mut self) {
        // An error here would mean that the runtime is shutting down; the
        // supervisor then finishes on its own.
        let _ = tokio::task::spawn_blocking(move || self.supervisor.finish()).await;
    }

    pub(super) async fn wait_until_ready(&self) -> Result<(), PrivatePostgresError> {
        let start = Instant::now();
        let config = self.config();
        loop {
            if config.connect(NoTls).await.is_ok() {
                return Ok(());
            }
            if self.supervisor.has_ended() || self.stopped().exists() {
                return Err(PrivatePostgresError::Failed { log: self.end_of_log() });
            }
            if start.elapsed() > START_TIMEOUT {
                return Err(PrivatePostgresError::TooSlow { log: self.end_of_log() });
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn end_of_log(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// The user's own, unless its path is too long for a socket, or belongs to
/// root while the server must not.
fn temporary_folder(as_other_user: bool) -> PathBuf {
    let own = std::env::temp_dir();
    let socket = own.join("bankrun-123456").join(SOCKET);
    if as_other_user || socket.as_os_str().len() > LONGEST_SOCKET { "/tmp".into() } else { own }
}

fn not_installed() -> PrivatePostgresError {
    PrivatePostgresError::NotInstalled { looked: format!("{DEBIAN}/*/bin") }
}

/// The folder with `initdb` and `postgres`: the first one on PATH, or else the
/// newest version below `versions`.
fn find_binaries(path: &OsStr, versions: &Path) -> Option<PathBuf> {
    let complete = |bin: &PathBuf| bin.join("initdb").is_file() && bin.join("postgres").is_file();
    if let Some(bin) = std::env::split_paths(path).find(complete) {
        return Some(bin);
    }
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir(versions)
        .ok()?
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let version = folder.file_name()?.to_str()?.parse().ok()?;
            Some((version, folder.join("bin"))).filter(|(_, bin)| complete(bin))
        })
        .collect();
    installed.sort();
    installed.pop().map(|(_, bin)| bin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(bin: &Path) {
        std::fs::create_dir_all(bin).expect("a folder");
        for program in ["initdb", "postgres"] {
            std::fs::write(bin.join(program), "").expect("a file");
        }
    }

    #[test]
    fn prefers_path_then_the_newest_version() {
        let root = tempfile::tempdir().expect("a folder");
        let versions = root.path().join("versions");
        assert_eq!(find_binaries(OsStr::new(""), &versions), None);
        for version in ["9", "15", "old"] {
            install(&versions.join(version).join("bin"));
        }
        std::fs::create_dir_all(versions.join("17/bin")).expect("an incomplete version");
        assert_eq!(find_binaries(OsStr::new(""), &versions), Some(versions.join("15/bin")));
        let own = root.path().join("own");
        install(&own);
        assert_eq!(find_binaries(own.as_os_str(), &versions), Some(own));
    }

    #[test]
    fn a_missing_postgresql_says_where_it_looked() {
        let message = not_installed().to_string();
        assert!(message.contains("/usr/lib/postgresql/*/bin"), "{message}");
        assert!(message.contains("--database sqlite"), "{message}");
    }
}
