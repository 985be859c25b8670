use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use tokio_postgres::{Client, Config, NoTls};

use super::search::Touched;
use super::trouble::Trouble;
use crate::model::with_causes;

/// What our own connections call themselves to PostgreSQL: those of another
/// process are strangers.
static NAME: LazyLock<String> =
    LazyLock::new(|| format!("bankrun explore {:08x}", fastrand::u32(..)));

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection of our own beside the service's: who waits for whom, and who
/// else is there.
#[derive(Debug)]
pub struct Monitor {
    client: Client,
    deadlock_timeout: Duration,
    may_set_deadlock_timeout: bool,
}

impl Monitor {
    pub async fn connect(server: &Config) -> Result<Self, Trouble> {
        let client = connect(server).await?;
        refuse_pooler(server).await?;
        let asked = "SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), \
                     extract(epoch FROM current_setting('deadlock_timeout')::interval)::float8";
        let row = client.query_one(asked, &[]).await.map_err(database)?;
        let seconds: f64 = row.try_get(1).map_err(database)?;
        let may_set_deadlock_timeout = row.try_get(0).unwrap_or(false);
        let deadlock_timeout = Duration::from_secs_f64(seconds.clamp(0.001, 3600.0));
        Ok(Self { client, deadlock_timeout, may_set_deadlock_timeout })
    }

    /// A connection like this one, for whoever sets and reads the state.
    pub async fn another(server: &Config) -> Result<Client, Trouble> {
        connect(server).await
    }

    /// What the service's sessions may begin with, so that deadlocks do not take
    /// a second each.
    pub fn deadlock_setting(&self) -> Option<(&'static str, &'static str)> {
        self.may_set_deadlock_timeout.then_some(("deadlock_timeout", "1ms"))
    }

    /// How long a statement has to wait before another one that closes a circle
    /// is certain to be the victim of a deadlock.
    pub fn deadlock_rest(&self) -> Duration {
        let timeout = if self.may_set_deadlock_timeout {
            Duration::from_millis(1)
        } else {
            self.deadlock_timeout
        };
        // Where it is a second, orders with a wait would take one each.
        if timeout > Duration::from_millis(50) {
            Duration::ZERO
        } else {
            timeout + Duration::from_millis(9)
        }
    }

    /// For each of these processes, those that it waits for.
    pub async fn blockers(&self, pids: &[i32]) -> Result<BTreeMap<i32, Vec<i32>>, Trouble> {
        let asked = self.client.prepare_typed(
            "SELECT pid, pg_blocking_pids(pid) FROM unnest($1::int[]) AS waiting (pid)",
            &[tokio_postgres::types::Type::INT4_ARRAY],
        );
        let asked = asked.await.map_err(database)?;
        let rows = self.client.query(&asked, &[&pids]).await.map_err(database)?;
        rows.iter()
            .map(|row| Ok((row.try_get(0).map_err(database)?, row.try_get(1).map_err(database)?)))
            .collect()
    }

    /// Clients of this database that are neither of these processes nor ours, in
    /// words.
    pub async fn strangers(&self, known: &[i32]) -> Result<Vec<String>, Trouble> {
        let asked = "SELECT pid, coalesce(usename, '?'), coalesce(application_name, '') \
                     FROM pg_stat_activity WHERE datname = current_database() \
                     AND backend_type = 'client backend' AND NOT pid = ANY($1) \
                     AND application_name <> $2 ORDER BY pid";
        let rows = self.client.query(asked, &[&known, &NAME.as_str()]).await.map_err(database)?;
        rows.iter()
            .map(|row| {
                let pid: i32 = row.try_get(0).map_err(database)?;
                let user: String = row.try_get(1).map_err(database)?;
                let name: String = row.try_get(2).map_err(database)?;
                let name = if name.is_empty() { "no name".to_owned() } else { format!("`{name}`") };
                Ok(format!("{name} (user {user}, process {pid})"))
            })
            .collect()
    }

    /// What a process has locked: the tables that its transaction has read and
    /// written so far, indexes and system tables aside.
    pub async fn touched(&self, pid: i32) -> Result<Touched, Trouble> {
        let asked = "SELECT coalesce(l.relation::regclass::text, l.locktype || ' ' || \
                         concat_ws(' ', l.classid, l.objid, l.objsubid)), \
                         l.mode IN ('AccessShareLock') \
                     FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation \
                     WHERE l.pid = $1 AND l.locktype IN ('relation', 'advisory') \
                     AND (c.oid IS NULL OR (c.relkind IN ('r', 'p', 'm', 'S', 'f') \
                          AND c.relnamespace <> 'pg_catalog'::regnamespace))";
        let rows = self.client.query(asked, &[&pid]).await.map_err(database)?;
        let mut touched = Touched::default();
        for row in &rows {
            let name: String = row.try_get(0).map_err(database)?;
            let only_reads: bool = row.try_get(1).map_err(database)?;
            let place = if only_reads { &mut touched.reads } else { &mut touched.writes };
            place.insert(name);
        }
        Ok(touched)
    }

    /// Whether transactions see what was committed before each statement, unless
    /// they ask for more.
    pub async fn is_read_committed(&self) -> Result<bool, Trouble> {
        let asked = "SELECT current_setting('default_transaction_isolation') = 'read committed'";
        let row = self.client.query_one(asked, &[]).await.map_err(database)?;
        row.try_get(0).map_err(database)
    }

    /// What a statement would touch by itself: it is run and rolled back. `None`
    /// where that cannot be known.
    pub async fn touched_by(&self, sql: &str) -> Result<Option<Touched>, Trouble> {
        const BEGIN: &str = "BEGIN; SET LOCAL statement_timeout = '1s'; \
                             SET LOCAL lock_timeout = '100ms'";
        let copies = sql.trim_start().get(..4).is_some_and(|it| it.eq_ignore_ascii_case("copy"));
        if copies {
            return Ok(None);
        }
        self.client.batch_execute(BEGIN).await.map_err(database)?;
        let touched = match self.client.batch_execute(sql).await {
            Ok(()) => {
                let own = self.client.query_one("SELECT pg_backend_pid()", &[]).await;
                let own: i32 = own.map_err(database)?.try_get(0).map_err(database)?;
                Some(self.touched(own).await?)
            }
            Err(_) => None,
        };
        let end = "ROLLBACK; SELECT pg_advisory_unlock_all()";
        self.client.batch_execute(end).await.map_err(database)?;
        Ok(touched)
    }

    /// Ends these processes and waits until they are gone.
    pub async fn terminate(&self, pids: &[i32]) -> Result<(), Trouble> {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY($1)";
        for _ in 0..200 {
            if self.client.execute(end, &[&pids]).await.map_err(database)? == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(Trouble::Database("connections of the service could not be ended".to_owned()))
    }
}

/// A pooler refuses settings at the start of a connection, which it would have to keep
/// for each client, or is told to ignore them.
async fn refuse_pooler(server: &Config) -> Result<(), Trouble> {
    let mut config = server.clone();
    let own = config.get_options().unwrap_or_default();
    // A day, less a millisecond: nobody else has it.
    const OWN: &str = "86399999";
    let options = format!("{own} -c statement_timeout={OWN}");
    config.options(options.trim());
    let client = match connect(&config).await {
        Ok(client) => client,
        Err(Trouble::Database(why)) if why.contains("startup parameter") => {
            return Err(Trouble::Pooler);
        }
        Err(trouble) => return Err(trouble),
    };
    let asked = "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'";
    let setting: String =
        client.query_one(asked, &[]).await.map_err(database)?.try_get(0).map_err(database)?;
    if setting == OWN { Ok(()) } else { Err(Trouble::Pooler) }
}

async fn connect(server: &Config) -> Result<Client, Trouble> {
    let mut config = server.clone();
    config.application_name(NAME.as_str());
    let patience = config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
    let connected = tokio::time::timeout(patience, config.connect(NoTls)).await;
    let silent = |_| Trouble::Database(format!("no answer within {patience:?}"));
    let (client, connection) = connected.map_err(silent)?.map_err(database)?;
    // Ends when the client is dropped; its error is also that of the next statement.
    tokio::spawn(connection);
    Ok(client)
}

/// The parameter is taken by value because `map_err` gives it so.
#[expect(clippy::needless_pass_by_value, reason = "for use with `map_err`")]
pub(super) fn database(error: tokio_postgres::Error) -> Trouble {
    Trouble::Database(with_causes(&error))
}
