use std::collections::BTreeMap;
use std::time::Duration;

use tokio_postgres::SimpleQueryMessage;

use super::file::ServiceFile;
use crate::cli::explore::senders::Senders;
use crate::engine::Target;
use crate::explore::{Monitor, Reply, State, Subject, Trouble};
use crate::model::with_causes;

/// A service behind the proxy. Its state is set and read by SQL, straight from
/// the database.
pub(super) struct ServiceSubject {
    senders: Senders,
    database: tokio_postgres::Client,
    reset: String,
    read: String,
    ignored: Vec<String>,
}

impl ServiceSubject {
    /// `server`: the database, not the proxy.
    pub(super) async fn new(
        target: Target,
        server: &tokio_postgres::Config,
        file: &ServiceFile,
        timeout: Duration,
    ) -> Result<Self, Trouble> {
        let requests = file.requests.iter().map(|it| it.request.clone()).collect();
        Ok(Self {
            senders: Senders::new(target, requests, timeout),
            database: Monitor::another(server).await?,
            reset: file.reset.sql.clone(),
            read: file.read.sql.clone(),
            ignored: file.ignore.clone(),
        })
    }
}

impl Subject for ServiceSubject {
    fn requests(&self) -> usize {
        self.senders.count()
    }

    fn send(&mut self, request: usize) -> impl Future<Output = Reply> + Send + 'static {
        self.senders.send(request)
    }

    async fn reset(&mut self) -> Result<(), String> {
        let reset = self.database.batch_execute(&self.reset).await;
        reset.map_err(|error| format!("`reset`: {}", with_causes(&error)))
    }

    async fn read(&mut self) -> Result<State, String> {
        let messages = self.database.simple_query(&self.read).await;
        let messages = messages.map_err(|error| format!("`read`: {}", with_causes(&error)))?;
        let mut entries = Entries::default();
        for message in &messages {
            if let SimpleQueryMessage::Row(row) = message {
                let columns = row.columns().iter().enumerate();
                let fields = columns
                    .map(|(index, column)| (column.name(), row.get(index).unwrap_or("NULL")));
                entries.row(&fields.collect::<Vec<_>>(), &self.ignored);
            }
        }
        Ok(entries.state)
    }

    fn abandon(&mut self) {
        self.senders.renew();
    }
}

/// Rows as entries of a state.
#[derive(Debug, Default)]
struct Entries {
    state: State,
    seen: BTreeMap<String, usize>,
}

impl Entries {
    /// The first column names the row: `id 1` of `id, balance` holds the balance, and
    /// of more columns there is an entry for each, `id 1: balance`. A column alone
    /// names itself.
    fn row(&mut self, fields: &[(&str, &str)], ignored: &[String]) {
        let (name, others) = match fields {
            [] => return,
            [(column, _)] => ((*column).to_owned(), fields),
            [(column, value), others @ ..] => (format!("{column} {value}"), others),
        };
        let count = self.seen.entry(name.clone()).or_default();
        *count += 1;
        let name = if *count == 1 { name } else { format!("{name} #{count}") };
        for (column, value) in others {
            if ignored.iter().any(|it| it == column) {
                continue;
            }
            let entry = if others.len() == 1 { name.clone() } else { format!("{name}: {column}") };
            self.state.insert(entry, (*value).to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_column_names_the_row() {
        let mut entries = Entries::default();
        entries.row(&[("id", "1"), ("balance", "5")], &[]);
        entries.row(&[("id", "2"), ("balance", "6"), ("at", "now"), ("kind", "x")], &["at".into()]);
        entries.row(&[("total", "11")], &[]);
        entries.row(&[("total", "12")], &[]);
        let expected = [
            ("id 1", "5"),
            ("id 2: balance", "6"),
            ("id 2: kind", "x"),
            ("total", "11"),
            ("total #2", "12"),
        ];
        let expected = expected.map(|(entry, value)| (entry.to_owned(), value.to_owned()));
        assert_eq!(entries.state, State::from(expected));
    }
}
