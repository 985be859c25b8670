use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, SimpleQueryMessage};

use super::catalogue::{self, Column, Table};
use super::rows::{Difference, Entries, Row, unsteady};
use crate::explore::Trouble;
use crate::explore::monitor::{Monitor, database};
use crate::explore::outcome::State;
use crate::model::with_causes;

/// The rows of larger tables are not saved: each order would take too long.
const MOST_ROWS: u64 = 10_000;

/// Columns that are not compared, by name: `updated_at`, or `accounts.updated_at`.
#[derive(Clone, Debug, Default)]
pub struct Ignore(pub Vec<String>);

/// The tables of a database as they were when they were saved, in temporary tables of
/// a session of our own: they are gone with it.
#[derive(Debug)]
pub struct SavedTables {
    client: Client,
    tables: Vec<Saved>,
    /// Those that the requests write, by their index.
    written: BTreeSet<usize>,
    /// Statements that bring the sequences back.
    sequences: Vec<String>,
    ignore: Ignore,
}

#[derive(Debug)]
struct Saved {
    table: Table,
    content: Content,
    /// It changes without any request.
    is_background: bool,
    /// Columns of new rows that differ between equal runs.
    unsteady: BTreeSet<usize>,
    /// The requests add rows to it.
    grows: bool,
}

#[derive(Debug)]
enum Content {
    /// A temporary table has its rows. Those of a written table are here as well, by
    /// their keys.
    Copied { copy: String, rows: BTreeMap<Row, Row> },
    /// It has more rows than are saved, of which this is a sum.
    TooLarge { sum: String },
}

/// The new rows of each written table, by its index.
#[derive(Debug)]
pub struct NewRows(BTreeMap<usize, Vec<Row>>);

impl SavedTables {
    /// Saves all tables as they are. `server`: the database, not a proxy before it.
    /// `patience`: how long a table may be locked by others when it is put back.
    pub async fn save(
        server: &Config,
        ignore: Ignore,
        patience: Duration,
    ) -> Result<Self, Trouble> {
        let client = Monitor::another(server).await?;
        let patience = format!("SET lock_timeout = {}", patience.as_millis());
        client.batch_execute(&patience).await.map_err(database)?;
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL row_security = off";
        client.batch_execute(begin).await.map_err(database)?;
        let mut tables = Vec::new();
        for (index, table) in
            catalogue::tables(&client).await.map_err(database)?.into_iter().enumerate()
        {
            let content = content(&client, &table, index).await.map_err(|error| {
                let why = with_causes(&error);
                Trouble::Database(format!(
                    "the table {} cannot be saved: {why}. `reset` and `read` say how else the \
                     state is set back and looked at",
                    table.name
                ))
            })?;
            let unsteady = BTreeSet::new();
            let (is_background, grows) = (false, false);
            tables.push(Saved { table, content, is_background, unsteady, grows });
        }
        client.batch_execute("COMMIT").await.map_err(database)?;
        let sequences = catalogue::sequences(&client).await.map_err(database)?;
        Ok(Self { client, tables, written: BTreeSet::new(), sequences, ignore })
    }

    /// What has changed by now was changed by no request: it is neither compared nor
    /// put back.
    pub async fn learn_background(&mut self) -> Result<(), Trouble> {
        for index in self.changed().await? {
            self.tables[index].is_background = true;
        }
        let sequences = catalogue::sequences(&self.client).await.map_err(database)?;
        self.sequences.retain(|set| sequences.contains(set));
        Ok(())
    }

    /// Learns which tables the requests so far have written. Returns whether there are
    /// more of them than before.
    pub async fn learn_written(&mut self) -> Result<bool, Trouble> {
        let mut found = false;
        for index in self.changed().await? {
            if self.tables[index].is_background || self.written.contains(&index) {
                continue;
            }
            let rows = match &self.tables[index].content {
                Content::Copied { copy, .. } => {
                    let query = format!("SELECT * FROM {copy}");
                    self.query(&query).await.map_err(database)?.into_iter().flatten()
                }
                Content::TooLarge { .. } => {
                    return Err(Trouble::Reset(format!(
                        "the requests write the table {}, which has more than the {MOST_ROWS} \
                         rows that are saved: give `reset` and `read`",
                        self.tables[index].table.name
                    )));
                }
            };
            let of_key = rows.map(|row| (self.entries(index).key(&row), row)).collect();
            if let Content::Copied { rows, .. } = &mut self.tables[index].content {
                *rows = of_key;
            }
            self.written.insert(index);
            found = true;
        }
        Ok(found)
    }

    /// The names of the tables that the requests write.
    pub fn written(&self) -> Vec<&str> {
        self.written.iter().map(|index| self.tables[*index].table.name.as_str()).collect()
    }

    /// What is never compared, as `transfers.created_at`, and tables that change by
    /// themselves.
    pub fn not_compared(&self) -> Vec<String> {
        let mut names = Vec::new();
        for index in &self.written {
            let Saved { table, unsteady, grows, .. } = &self.tables[*index];
            let is_left_out = |(at, column): &(usize, &Column)| {
                column.is_time || *grows && (column.is_generated || unsteady.contains(at))
            };
            let columns = table.columns.iter().enumerate().filter(is_left_out);
            names.extend(columns.map(|(_, column)| format!("{}.{}", table.name, column.name)));
        }
        let background = self.tables.iter().filter(|saved| saved.is_background);
        names.extend(background.map(|saved| saved.table.name.clone()));
        names
    }

    /// The rows that are new in each of the written tables.
    pub async fn new_rows(&self) -> Result<NewRows, Trouble> {
        let mut new = BTreeMap::new();
        for index in &self.written {
            let entries = self.entries(*index);
            let Content::Copied { rows, .. } = &self.tables[*index].content else { continue };
            let Difference { mut now, .. } = self.difference(*index).await.map_err(database)?;
            now.retain(|row| entries.table.key.is_empty() || !rows.contains_key(&entries.key(row)));
            new.insert(*index, now);
        }
        Ok(NewRows(new))
    }

    /// What differs between the new rows of two equal runs is not compared any more.
    pub fn learn_new_rows(&mut self, one: &NewRows, other: &NewRows) {
        for (index, rows) in &one.0 {
            let Some(others) = other.0.get(index) else { continue };
            let saved = &mut self.tables[*index];
            saved.grows |= !(rows.is_empty() && others.is_empty());
            if let Some(found) = unsteady(rows, others, saved.table.columns.len()) {
                saved.unsteady.extend(found);
            }
        }
    }

    /// The written tables as they are now.
    pub async fn read(&self) -> Result<State, Trouble> {
        let mut state = State::new();
        for index in &self.written {
            let Content::Copied { rows, .. } = &self.tables[*index].content else { continue };
            let entries = self.entries(*index);
            if !entries.table.key.is_empty() {
                state.extend(rows.values().flat_map(|row| entries.of_saved(row)));
            }
            let difference = self.difference(*index).await.map_err(database)?;
            entries.apply(rows, &difference, &mut state);
        }
        Ok(state)
    }

    /// Brings the written tables back to what was saved. Sequences go on, as they do
    /// when a transaction is rolled back.
    pub async fn restore(&self) -> Result<(), Trouble> {
        self.restore_these(&self.written).await
    }

    /// Brings back all tables and sequences, those aside that change without requests.
    pub async fn put_back(&self) -> Result<(), Trouble> {
        let mut changed = self.changed().await?;
        changed.retain(|index| !self.tables[*index].is_background);
        self.restore_these(&changed).await?;
        self.client.batch_execute(&self.sequences.join("; ")).await.map_err(database)
    }

    async fn restore_these(&self, tables: &BTreeSet<usize>) -> Result<(), Trouble> {
        let mut sql = "BEGIN; SET LOCAL row_security = off".to_owned();
        if tables.iter().any(|index| self.tables[*index].table.has_triggers) {
            // Neither foreign keys nor other triggers have a say in it.
            sql += "; SET LOCAL session_replication_role = replica";
        }
        for index in tables {
            let Saved { table, content, .. } = &self.tables[*index];
            if let Content::Copied { copy, .. } = content {
                let [delete, insert] = restoring(table, copy);
                sql += &format!("; {delete}; {insert}");
            }
        }
        sql += "; COMMIT";
        let Err(error) = self.client.batch_execute(&sql).await else { return Ok(()) };
        // What has failed stays open.
        drop(self.client.batch_execute("ROLLBACK").await);
        let names: Vec<&str> =
            tables.iter().map(|index| self.tables[*index].table.name.as_str()).collect();
        let advice = if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
            ". Tables with foreign keys or triggers can be put back by a superuser, or by whom \
             `GRANT SET ON PARAMETER session_replication_role` allows it: connect as one, or give \
             `reset`"
        } else if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) {
            ". The service has left a transaction open"
        } else {
            ""
        };
        let why = with_causes(&error);
        Err(Trouble::Database(format!(
            "{} cannot be put back as saved: {why}{advice}",
            names.join(", ")
        )))
    }

    /// The tables that differ from what was saved.
    async fn changed(&self) -> Result<BTreeSet<usize>, Trouble> {
        let mut changed = BTreeSet::new();
        for (index, Saved { table, content, .. }) in self.tables.iter().enumerate() {
            let name = &table.name;
            let differs = match content {
                Content::Copied { copy, .. } => {
                    let now = format!("SELECT (bankrun_now.*)::text FROM ONLY {name} bankrun_now");
                    let then = format!("SELECT (bankrun_then.*)::text FROM {copy} bankrun_then");
                    let query = format!(
                        "SELECT EXISTS (({now} EXCEPT ALL {then}) UNION ALL \
                         ({then} EXCEPT ALL {now}))"
                    );
                    self.client.query_one(&query, &[]).await.map_err(database)?.get(0)
                }
                Content::TooLarge { sum } => {
                    *sum != sum_of(&self.client, name).await.map_err(database)?
                }
            };
            if differs {
                changed.insert(index);
            }
        }
        Ok(changed)
    }

    async fn difference(&self, index: usize) -> Result<Difference, tokio_postgres::Error> {
        let Saved { table, content, .. } = &self.tables[index];
        let Content::Copied { copy, .. } = content else { return Ok(Difference::default()) };
        let name = &table.name;
        if table.key.is_empty() {
            let now = self.query(&format!("SELECT * FROM ONLY {name}")).await?;
            return Ok(Difference { now: now.into_iter().flatten().collect(), gone: Vec::new() });
        }
        let same_key = same_key(table);
        let key: Vec<String> = table
            .key
            .iter()
            .map(|index| format!("bankrun_then.{}", table.columns[*index].quoted))
            .collect();
        let query = format!(
            "SELECT bankrun_now.* FROM ONLY {name} bankrun_now LEFT JOIN {copy} bankrun_then \
             ON {same_key} WHERE (bankrun_now.*)::text IS DISTINCT FROM (bankrun_then.*)::text; \
             SELECT {} FROM {copy} bankrun_then WHERE NOT EXISTS \
             (SELECT FROM ONLY {name} bankrun_now WHERE {same_key})",
            key.join(", ")
        );
        let mut results = self.query(&query).await?.into_iter();
        let now = results.next().unwrap_or_default();
        Ok(Difference { now, gone: results.next().unwrap_or_default() })
    }

    /// The rows of each statement.
    async fn query(&self, sql: &str) -> Result<Vec<Vec<Row>>, tokio_postgres::Error> {
        let (mut results, mut rows) = (Vec::new(), Vec::new());
        for message in self.client.simple_query(sql).await? {
            match message {
                SimpleQueryMessage::Row(row) => {
                    rows.push((0..row.len()).map(|it| row.get(it).map(str::to_owned)).collect());
                }
                SimpleQueryMessage::CommandComplete(_) => results.push(std::mem::take(&mut rows)),
                // The rows tell how many columns they have.
                _ => {}
            }
        }
        Ok(results)
    }

    fn entries(&self, index: usize) -> Entries<'_> {
        let Saved { table, unsteady, .. } = &self.tables[index];
        Entries { table, ignore: &self.ignore, unsteady }
    }
}

impl Ignore {
    pub(super) fn has(&self, table: &Table, column: &Column) -> bool {
        let full = || format!("{}.{}", table.name, column.name);
        self.0.iter().any(|it| *it == column.name || *it == full())
    }
}

/// Copies a table that is not too large.
async fn content(
    client: &Client,
    table: &Table,
    index: usize,
) -> Result<Content, tokio_postgres::Error> {
    let name = &table.name;
    let count = format!("SELECT count(*) FROM (SELECT FROM ONLY {name} LIMIT {}) x", MOST_ROWS + 1);
    let count: i64 = client.query_one(&count, &[]).await?.get(0);
    if count.unsigned_abs() > MOST_ROWS {
        return Ok(Content::TooLarge { sum: sum_of(client, name).await? });
    }
    let copy = format!("pg_temp.bankrun_saved_{index}");
    let save = format!("CREATE TEMP TABLE bankrun_saved_{index} AS SELECT * FROM ONLY {name}");
    client.batch_execute(&format!("{save}; ANALYZE {copy}")).await?;
    Ok(Content::Copied { copy, rows: BTreeMap::new() })
}

/// A number that is another when a row is another.
async fn sum_of(client: &Client, name: &str) -> Result<String, tokio_postgres::Error> {
    let sum = format!(
        "SELECT count(*) || ' ' || coalesce(sum(hashtextextended((bankrun_now.*)::text, 0)), 0) \
         FROM ONLY {name} bankrun_now"
    );
    Ok(client.query_one(&sum, &[]).await?.get(0))
}

fn same_key(table: &Table) -> String {
    let same = |index: &usize| {
        let column = &table.columns[*index].quoted;
        format!("bankrun_now.{column} = bankrun_then.{column}")
    };
    table.key.iter().map(same).collect::<Vec<_>>().join(" AND ")
}

/// The statements by which rows that are not what they were go, and those that are
/// missing then come back.
fn restoring(table: &Table, copy: &str) -> [String; 2] {
    let name = &table.name;
    let written = table.columns.iter().filter(|column| !column.is_computed);
    let columns: Vec<&str> = written.map(|column| column.quoted.as_str()).collect();
    let columns = columns.join(", ");
    let delete = format!("DELETE FROM ONLY {name} bankrun_now");
    let insert = format!(
        "INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE \
         SELECT {columns} FROM {copy} bankrun_then"
    );
    if table.key.is_empty() {
        return [delete, insert];
    }
    let same_key = same_key(table);
    let delete = format!(
        "{delete} WHERE NOT EXISTS (SELECT FROM {copy} bankrun_then WHERE {same_key} \
         AND (bankrun_then.*)::text = (bankrun_now.*)::text)"
    );
    let insert =
        format!("{insert} WHERE NOT EXISTS (SELECT FROM ONLY {name} bankrun_now WHERE {same_key})");
    [delete, insert]
}
