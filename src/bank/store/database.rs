use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::OnceCell;
use tokio_postgres::Config;

use super::private_postgres::{PrivatePostgres, PrivatePostgresError};
use super::proxy::Proxy;
use super::reach::{self, Reach, ReachError};
use super::sole::{NotSole, Sole};
use super::spec::DatabaseSpec;
use super::sqlite::{Durability, Writers};
use super::temporary::{DATABASE, Temporary};

/// A database that banks can be started on, one after another or at once.
///
/// Owns what was made for it: the temporary file of `sqlite`, the private
/// cluster of `postgres`. Both are gone after [`Database::close`]; dropping it
/// does the same, blocking.
pub struct Database {
    place: Place,
    made: Made,
    /// Of a SQLite file that was there before.
    _sole: Option<Sole>,
}

/// Where connections go.
#[derive(Clone)]
pub(super) enum Place {
    Postgres(Box<Server>),
    Sqlite { file: PathBuf, durability: Durability, writers: Writers },
}

/// A PostgreSQL, and what is known of the way to it.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) config: Config,
    /// Found out once.
    reach: Arc<OnceCell<Reach>>,
}

/// What has to be removed in the end.
enum Made {
    Nothing,
    Folder(Temporary),
    Cluster(Arc<PrivatePostgres>),
}

/// Why a database could not be provided.
#[derive(Debug, Error)]
pub enum DatabaseError {
    #[error("cannot make a temporary folder for SQLite: {0}")]
    Folder(#[source] std::io::Error),
    #[error(
        "another bankrun ({holder}) uses this file: two servers on one SQLite file starve each \
         other; stop that one, or give this one a file of its own, or both a PostgreSQL"
    )]
    Taken { holder: String },
    #[error("cannot take {} for this server alone: {source}", .path.display())]
    Sole { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Private(#[from] PrivatePostgresError),
}

impl Database {
    /// Makes the temporary file or the private cluster, when asked for one. A SQLite
    /// file that exists is for this database alone, from now on until it is closed.
    /// Does not connect to a database that exists already.
    pub async fn open(spec: &DatabaseSpec) -> Result<Self, DatabaseError> {
        let mut sole = None;
        let (place, made) = match spec {
            DatabaseSpec::Sqlite => {
                let folder = Temporary::new().map_err(DatabaseError::Folder)?;
                let file = folder.path().join(DATABASE);
                (Place::sqlite(file, Durability::Throwaway), Made::Folder(folder))
            }
            DatabaseSpec::SqliteFile(file) => {
                sole = Some(Sole::take(file)?);
                (Place::sqlite(file.clone(), Durability::Normal), Made::Nothing)
            }
            DatabaseSpec::PrivatePostgres(settings) => {
                let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
                let cluster = PrivatePostgres::start(&settings).await?;
                (Place::private(cluster.config()), Made::Cluster(Arc::new(cluster)))
            }
            DatabaseSpec::Postgres(config) => {
                let server = Server { config: (**config).clone(), reach: Arc::default() };
                (Place::Postgres(Box::new(server)), Made::Nothing)
            }
        };
        Ok(Self { place, made, _sole: sole })
    }

    /// Removes what was made. Banks on it should be shut down before.
    pub async fn close(self) {
        match self.made {
            Made::Nothing => {}
            Made::Folder(folder) => {
                if let Err(error) = folder.close() {
                    tracing::warn!(%error, "the temporary SQLite folder could not be removed");
                }
            }
            Made::Cluster(cluster) => {
                // Whoever lets go of it last stops it.
                if let Some(cluster) = Arc::into_inner(cluster) {
                    cluster.stop().await;
                }
            }
        }
    }

    /// The folder made for it, which goes with it.
    pub fn folder(&self) -> Option<&Path> {
        match &self.made {
            Made::Nothing => None,
            Made::Folder(folder) => Some(folder.path()),
            Made::Cluster(cluster) => Some(cluster.folder()),
        }
    }

    /// The private PostgreSQL made for it, if there is one.
    pub fn private_postgres(&self) -> Option<&Arc<PrivatePostgres>> {
        match &self.made {
            Made::Cluster(cluster) => Some(cluster),
            Made::Nothing | Made::Folder(_) => None,
        }
    }

    /// From now on banks reach it by this way, which is one to it.
    pub fn reach_by(&mut self, way: &Proxy) {
        self.place = Place::private(way.config());
    }

    /// How to connect to it, where it is PostgreSQL.
    pub fn postgres(&self) -> Option<&Config> {
        match &self.place {
            Place::Postgres(server) => Some(&server.config),
            Place::Sqlite { .. } => None,
        }
    }

    /// PostgreSQL rather than SQLite.
    pub fn is_postgres(&self) -> bool {
        matches!(self.place, Place::Postgres(_))
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

impl Server {
    /// What its address leads to; asked for once, and again where that failed.
    pub(super) async fn reach(&self) -> Result<Reach, ReachError> {
        self.reach.get_or_try_init(|| reach::examine(&self.config)).await.copied()
    }
}

impl Place {
    /// A server of our own, with nobody in between who keeps connections.
    fn private(config: Config) -> Self {
        let reach = Arc::new(OnceCell::new_with(Some(Reach::Direct)));
        Self::Postgres(Box::new(Server { config, reach }))
    }

    fn sqlite(file: PathBuf, durability: Durability) -> Self {
        Self::Sqlite { file, durability, writers: Writers::default() }
    }
}

impl From<NotSole> for DatabaseError {
    fn from(error: NotSole) -> Self {
        match error {
            NotSole::Taken(Some(process)) => Self::Taken { holder: format!("process {process}") },
            NotSole::Taken(None) => Self::Taken { holder: "which has just begun".to_owned() },
            NotSole::Io(path, source) => Self::Sole { path, source },
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Postgres(server) => {
                let spec = DatabaseSpec::Postgres(Box::new(server.config.clone()));
                write!(f, "Database({spec})")
            }
            Place::Sqlite { file, .. } => write!(f, "Database(sqlite:{})", file.display()),
        }
    }
}
