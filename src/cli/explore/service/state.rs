use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio_postgres::SimpleQueryMessage;

use super::file::ServiceFile;
use crate::cli::explore::senders::Senders;
use crate::cli::output::eprint;
use crate::explore::{APART, Ignore, Monitor, SavedTables, Scheduler, State, Trouble};
use crate::model::with_causes;

/// What a service may still do after it has answered.
const AFTERWARDS: Duration = Duration::from_millis(50);

/// How long tables may take that are put back because the process is ending.
const LAST_CHANCE: Duration = Duration::from_millis(1500);

/// The state behind a service: how it is set back and read, straight from the
/// database. What the file does not say is done by saving the tables.
pub(super) struct ServiceState {
    server: tokio_postgres::Config,
    client: tokio_postgres::Client,
    reset: Option<String>,
    read: Option<String>,
    ignore: Vec<String>,
    /// How long a table may be locked.
    timeout: Duration,
    saved: Option<SavedTables>,
    /// The tables may be other than they were.
    is_touched: bool,
}

impl ServiceState {
    /// `server`: the database, not the proxy.
    pub(super) async fn open(
        server: &tokio_postgres::Config,
        file: &ServiceFile,
        timeout: Duration,
    ) -> Result<Self, Trouble> {
        Ok(Self {
            server: server.clone(),
            client: Monitor::another(server).await?,
            reset: file.reset.clone(),
            read: file.read.clone(),
            ignore: file.ignore.clone(),
            timeout,
            saved: None,
            is_touched: false,
        })
    }

    /// Gets to know what is nobody's, and which tables the requests write where the
    /// file does not say how the state is set back or read. The service is there, and
    /// answers.
    pub(super) async fn learn(
        &mut self,
        scheduler: &mut Scheduler,
        senders: &Senders,
        background: Duration,
    ) -> Result<(), Trouble> {
        let is_given = self.reset.is_some() && self.read.is_some();
        if is_given || self.saved.is_some() {
            scheduler.learn_background(background).await;
            return Ok(());
        }
        // Others would be taken for requests.
        scheduler.refuse_strangers().await?;
        if self.reset.is_some() {
            self.reset().await.map_err(Trouble::Reset)?;
        }
        let ignore = Ignore(self.ignore.clone());
        let saved = SavedTables::save(&self.server, ignore, self.timeout).await?;
        let saved = self.saved.insert(saved);
        scheduler.learn_background(background).await;
        saved.learn_background().await?;
        self.is_touched = true;
        self.learn_written(scheduler, senders).await
    }

    /// Sends the requests one after the other, and each alone, twice.
    async fn learn_written(
        &mut self,
        scheduler: &mut Scheduler,
        senders: &Senders,
    ) -> Result<(), Trouble> {
        for request in 0..senders.count() {
            alone(scheduler, senders, request).await;
        }
        self.learn_more().await?;
        self.reset().await.map_err(Trouble::Reset)?;
        let mut rounds = [Vec::new(), Vec::new()];
        for round in &mut rounds {
            let began = Instant::now();
            for request in 0..senders.count() {
                alone(scheduler, senders, request).await;
                self.learn_more().await?;
                if let Some(saved) = &self.saved {
                    round.push(saved.new_rows().await?);
                }
                self.reset().await.map_err(Trouble::Reset)?;
            }
            let left = APART.saturating_sub(began.elapsed());
            scheduler.meanwhile(tokio::time::sleep(left)).await;
        }
        let Some(saved) = &mut self.saved else { return Ok(()) };
        for (one, other) in rounds[0].iter().zip(&rounds[1]) {
            saved.learn_new_rows(one, other);
        }
        if saved.written().is_empty() {
            return Err(Trouble::Service(
                "its requests change no table of this database, so that there is nothing to \
                 compare: is it the service's database? `read` says what else to look at"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    async fn learn_more(&mut self) -> Result<bool, Trouble> {
        match &mut self.saved {
            Some(saved) => saved.learn_written().await,
            None => Ok(false),
        }
    }

    /// Whether some order wrote a table that was not known to be written, which is
    /// known from now on.
    pub(super) async fn has_learnt_more(&mut self) -> Result<bool, Trouble> {
        if self.reset.is_some() {
            // What it leaves out is left out on purpose.
            return Ok(false);
        }
        self.learn_more().await
    }

    /// Which tables are put back, for a person.
    pub(super) fn written(&self) -> Option<String> {
        let saved = self.saved.as_ref().filter(|_| self.reset.is_none())?;
        Some(saved.written().join(", "))
    }

    /// What is not compared, beside what differs between equal runs.
    pub(super) fn not_compared(&self) -> Vec<String> {
        let compares = self.read.is_none();
        self.saved.as_ref().filter(|_| compares).map(SavedTables::not_compared).unwrap_or_default()
    }

    pub(super) async fn reset(&self) -> Result<(), String> {
        match (&self.reset, &self.saved) {
            (Some(sql), _) => {
                let reset = self.client.batch_execute(sql).await;
                reset.map_err(|error| format!("`reset`: {}", with_causes(&error)))
            }
            (None, Some(saved)) => saved.restore().await.map_err(|trouble| trouble.to_string()),
            (None, None) => Ok(()),
        }
    }

    pub(super) async fn read(&self) -> Result<State, String> {
        let sql = match (&self.read, &self.saved) {
            (Some(sql), _) => sql,
            (None, Some(saved)) => {
                return saved.read().await.map_err(|trouble| trouble.to_string());
            }
            (None, None) => return Ok(State::new()),
        };
        let messages = self.client.simple_query(sql).await;
        let messages = messages.map_err(|error| format!("`read`: {}", with_causes(&error)))?;
        let mut entries = Entries::default();
        for message in &messages {
            if let SimpleQueryMessage::Row(row) = message {
                let columns = row.columns().iter().enumerate();
                let fields = columns
                    .map(|(index, column)| (column.name(), row.get(index).unwrap_or("NULL")));
                entries.row(&fields.collect::<Vec<_>>(), &self.ignore);
            }
        }
        Ok(entries.state)
    }

    /// Leaves the tables as they were before, where they were saved for that.
    pub(super) async fn put_back(&mut self) -> Result<(), Trouble> {
        if let (true, None, Some(saved)) = (self.is_touched, &self.reset, &self.saved) {
            saved.put_back().await?;
            self.is_touched = false;
        }
        Ok(())
    }

    /// The service goes on, or is started again: the tables will change.
    pub(super) fn touch(&mut self) {
        self.is_touched = self.saved.is_some();
    }
}

/// An exploration may be dropped on the spot.
impl Drop for ServiceState {
    fn drop(&mut self) {
        let (true, None, Some(saved)) = (self.is_touched, &self.reset, &self.saved) else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        let put_back = tokio::task::block_in_place(|| {
            runtime.block_on(tokio::time::timeout(LAST_CHANCE, saved.put_back()))
        });
        let why = match put_back {
            Ok(Ok(())) => return,
            Ok(Err(trouble)) => trouble.to_string(),
            Err(_) => format!("the database: no answer within {LAST_CHANCE:?}"),
        };
        eprint(&format!("tables are left as the last order left them: {why}\n"));
    }
}

/// Sends a request while everything passes, and awaits what it does afterwards.
async fn alone(scheduler: &mut Scheduler, senders: &Senders, request: usize) {
    scheduler.meanwhile(senders.send(request)).await;
    scheduler.meanwhile(tokio::time::sleep(AFTERWARDS)).await;
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
