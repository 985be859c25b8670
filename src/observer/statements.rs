//! What the observer asks, by the version of the server.

use super::asking::{MARK, NAME};

/// One row for each connection of a client to this database, or one without a
/// pid where there is none. Those who wait for a lock are told by `pg_locks`,
/// which everybody may read; only for them it is asked who is in their way,
/// since that stops the lock manager for a moment.
///
/// Locks and connections are read one after the other, and whoever waited may
/// have gone on in between. The locks are read first, as the connections need
/// `first`, which counts them: so a statement that began before its wait did is
/// the one that waits, and who is at a later one waits no more.
pub(super) fn look(major: u32) -> String {
    // Before 14 nobody knows when a wait began: the statement began before it. The
    // first moment of a wait has no start yet; it began before this look, or else
    // the next one will see it.
    let (start, waited) = match major {
        14.. => ("waitstart", "coalesce(clock_timestamp() - w.start, interval '0')"),
        _ => ("NULL::timestamptz", "clock_timestamp() - a.query_start"),
    };
    format!(
        "WITH waits(pid, locktype, start) AS \
             (SELECT DISTINCT ON (pid) pid, locktype, {start} FROM pg_locks WHERE NOT granted) \
         SELECT d.deadlocks, a.pid, a.application_name, a.state, a.wait_event_type, a.wait_event, \
                left(a.query, 300) AS query, w.locktype, \
                extract(epoch FROM {waited})::float8 AS waited, \
                extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS statement, \
                CASE WHEN w.pid IS NOT NULL \
                     THEN array_to_string(pg_blocking_pids(a.pid), ',') END AS blocked_by \
         FROM pg_stat_database d \
         CROSS JOIN (SELECT nullif(count(*), count(*))::int FROM waits) first(everybody) \
         LEFT JOIN LATERAL pg_stat_get_activity(first.everybody) a \
           ON a.datid = d.datid AND a.pid <> pg_backend_pid() \
          AND a.application_name <> '{NAME}' AND coalesce(a.query, '') NOT LIKE '{MARK}%' \
          AND a.usesysid IS NOT NULL \
          AND coalesce(a.backend_type, 'client backend') = 'client backend' \
         LEFT JOIN waits w \
           ON w.pid = a.pid AND coalesce(a.state, '') NOT LIKE 'idle%' \
          AND coalesce(a.query_start <= coalesce(w.start, statement_timestamp()), true) \
         WHERE d.datname = current_database()"
    )
}

/// What the database has counted since ever.
pub(super) const COUNTERS: &str = "SELECT xact_commit, xact_rollback, deadlocks \
                                   FROM pg_stat_database WHERE datname = current_database()";

pub(super) const DATABASE: &str = "SELECT current_database() AS name";

/// Whether there is a table as the bank makes it, which may be read.
pub(super) const HAS_ACCOUNTS: &str = "SELECT coalesce(has_table_privilege(to_regclass('accounts'), 'SELECT'), false) AND 2 = \
     (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('accounts') \
        AND attname IN ('id', 'balance') AND atttypid = 'int8'::regtype AND NOT attisdropped) \
     AS has_accounts";
