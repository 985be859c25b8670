use std::any::TypeId;
use std::collections::HashSet;
use std::pin::Pin;
use std::time::{Duration, Instant};

use bb8::ManageConnection;
use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncConnectionCore, AsyncPgConnection, SimpleAsyncConnection};
use tokio_postgres::{Config, NoTls};

use super::patience::Patience;
use super::pool::{LastError, Pooled};
use super::reach::{Reach, with_options};
use super::store::PoolOptions;
use crate::model::with_causes;

/// How long a connection attempt may take, the greeting included, unless the URL
/// says otherwise.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What the modes show is what happens at this level, whatever the default of
/// the server or the role.
const ISOLATION: &str = "read committed";

/// Between two attempts to connect. Each holds up somebody, and a database that
/// is back is to be found soon.
const ATTEMPTS_APART: Duration = Duration::from_millis(200);

/// How long a transaction may stand still, the race window apart.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(60);

/// The largest time PostgreSQL takes in a setting.
const MOST_MILLISECONDS: u128 = i32::MAX as u128;

/// Makes connections to PostgreSQL.
#[derive(Debug)]
pub(super) struct Sessions {
    /// With all that a connection begins with, where it leads to PostgreSQL itself.
    config: Config,
    /// What a pooler would not take at the beginning: asked for after it.
    settings: Option<String>,
    patience: Duration,
    last_error: LastError,
}

/// A connection to PostgreSQL, as it lies in its pool.
pub(super) struct Session {
    pub(super) inner: AsyncPgConnection,
    /// The statements it has prepared.
    prepared: HashSet<TypeId>,
    /// From the moment that BEGIN is sent until COMMIT or ROLLBACK is answered.
    /// Given back meanwhile, because whoever held it was dropped, it is closed:
    /// that ends the transaction, too.
    pub(super) in_transaction: bool,
    pub(super) patience: Patience,
}

/// What a statement is while it runs.
pub(super) type Running<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A statement that changes rows, to be sent when there is something else to
/// send.
pub(super) trait Change: Send {
    fn run(self: Box<Self>, connection: &AsyncPgConnection) -> Running<'_, QueryResult<usize>>;
}

impl<Q> Change for Q
where
    Q: QueryFragment<Pg> + QueryId + Send + 'static,
{
    fn run(self: Box<Self>, connection: &AsyncPgConnection) -> Running<'_, QueryResult<usize>> {
        AsyncConnectionCore::execute_returning_count(&mut &*connection, *self)
    }
}

/// Sends all of these at once, in this order, and waits for what became of
/// each.
///
/// A statement is sent the first time it is asked how far it is: as long as it
/// has been prepared before, and nobody makes it wait. The runtime does so to
/// tasks that have been busy for long; not here.
pub(super) async fn at_once<T: Send>(running: Vec<Running<'_, T>>) -> Vec<T> {
    let mut all: Running<'_, Vec<T>> = Box::pin(async { Vec::new() });
    for one in running.into_iter().rev() {
        let others = all;
        all = Box::pin(async move {
            let (done, mut all) = tokio::join!(biased; one, others);
            all.push(done);
            all
        });
    }
    let mut all = tokio::task::unconstrained(all).await;
    all.reverse();
    all
}

impl Sessions {
    /// A server that is there gives up a statement a little before it is given
    /// up here, and then the connection can be kept. One whose bankrun stands
    /// still in mid-transaction takes its locks back by itself.
    pub(super) fn new(
        config: &Config,
        reach: Reach,
        options: &PoolOptions,
        last_error: LastError,
    ) -> Self {
        let patience = options.acquire_timeout;
        let statement = patience.mul_f64(0.9).as_millis().clamp(1, MOST_MILLISECONDS);
        let idle = (options.longest_pause + IDLE_IN_TRANSACTION).as_millis();
        let idle = idle.min(MOST_MILLISECONDS);
        let settings = [
            ("default_transaction_isolation", ISOLATION.to_owned()),
            ("statement_timeout", statement.to_string()),
            ("idle_in_transaction_session_timeout", idle.to_string()),
        ];
        let (mut config, settings) = match reach {
            Reach::Direct => {
                let options = settings.map(|(name, value)| {
                    // A space would end it.
                    format!("-c {name}={}", value.replace(' ', "\\ "))
                });
                (with_options(config, &options.join(" ")), None)
            }
            Reach::SessionPool => {
                let settings = settings.map(|(name, value)| format!("SET {name} = '{value}'"));
                (config.clone(), Some(settings.join("; ")))
            }
        };
        config.application_name(options.application_name.as_str());
        Self { config, settings, patience, last_error }
    }

    async fn attempt(&self) -> Result<Session, ConnectionError> {
        let mut inner = connect(&self.config).await?;
        if let Some(settings) = &self.settings {
            let set = tokio::time::timeout(CONNECT_TIMEOUT, inner.batch_execute(settings)).await;
            let silent = |_| ConnectionError::BadConnection("no answer to its settings".to_owned());
            set.map_err(silent)?.map_err(ConnectionError::CouldntSetupConfiguration)?;
        }
        let patience = Patience::new(self.patience);
        Ok(Session { inner, prepared: HashSet::new(), in_transaction: false, patience })
    }
}

impl ManageConnection for Sessions {
    type Connection = Session;
    type Error = ConnectionError;

    /// Tries until somebody has waited in vain: the pool's own attempts lie
    /// further and further apart.
    async fn connect(&self) -> Result<Session, ConnectionError> {
        let start = Instant::now();
        loop {
            match self.attempt().await {
                Ok(session) => return Ok(session),
                Err(error) if start.elapsed() >= self.patience => return Err(error),
                Err(error) => self.last_error.note(&error),
            }
            tokio::time::sleep(ATTEMPTS_APART).await;
        }
    }

    async fn is_valid(&self, session: &mut Session) -> Result<(), ConnectionError> {
        let answered = session.inner.batch_execute("").await;
        answered.map_err(ConnectionError::CouldntSetupConfiguration)
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        std::thread::panicking() || session.is_spent()
    }
}

impl Session {
    pub(super) fn is_closed(&mut self) -> bool {
        self.inner.is_broken()
    }

    /// Whether this statement can be sent without asking anything before.
    pub(super) fn has_prepared<Q: 'static>(&self) -> bool {
        self.prepared.contains(&TypeId::of::<Q>())
    }

    /// It has succeeded once.
    pub(super) fn note_prepared<Q: 'static>(&mut self) {
        self.prepared.insert(TypeId::of::<Q>());
    }
}

impl Pooled for Session {
    fn is_spent(&mut self) -> bool {
        self.in_transaction || self.patience.waits() || self.is_closed()
    }
}

/// One connection. Its errors never show the password.
pub(super) async fn connect(config: &Config) -> ConnectionResult<AsyncPgConnection> {
    let bad = |error: tokio_postgres::Error| ConnectionError::BadConnection(with_causes(&error));
    // The driver's own limit does not cover a server that accepts and says nothing.
    let patience = config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
    let connected = tokio::time::timeout(patience, config.connect(NoTls)).await;
    let silent = |_| ConnectionError::BadConnection(format!("no answer within {patience:?}"));
    let (client, connection) = connected.map_err(silent)?.map_err(bad)?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}
