//! URLs of databases on the command line and in the environment. What is wrong
//! with one is said without its password.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};
use tokio_postgres::Config;

use crate::bank::DatabaseSpec;
use crate::bank::store::SpecError;

/// A PostgreSQL that can be looked into.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PostgresUrl(DatabaseSpec);

impl PostgresUrl {
    pub(super) fn config(&self) -> Option<&Config> {
        match &self.0 {
            DatabaseSpec::Postgres(config) => Some(config),
            _ => None,
        }
    }

    /// What the variable names, if it is set.
    pub(super) fn from_variable(name: &str) -> Result<Vec<Self>, String> {
        let value = env::var(name).ok().filter(|value| !value.is_empty());
        let urls = value.iter().flat_map(|value| value.split(','));
        let parse = |url: &str| url.trim().parse().map_err(|error| format!("{name}: {error}"));
        urls.map(parse).collect()
    }

    /// That of the destination at `index` of `count`, where there is one for all
    /// or one for each.
    pub(super) fn of_each(
        urls: &[Self],
        index: usize,
        count: usize,
    ) -> Result<Option<&Self>, String> {
        match urls {
            [] => Ok(None),
            [all] => Ok(Some(all)),
            each if each.len() == count => Ok(each.get(index)),
            others => Err(format!(
                "{} databases are to be watched, for {count} targets: give one for all, or one for \
                 each",
                others.len()
            )),
        }
    }
}

impl TryFrom<DatabaseSpec> for PostgresUrl {
    type Error = String;

    fn try_from(spec: DatabaseSpec) -> Result<Self, String> {
        match spec {
            DatabaseSpec::Postgres(_) => Ok(Self(spec)),
            DatabaseSpec::PrivatePostgres(_) => Err("a private PostgreSQL is known to nobody but its \
                bankrun, which looks into it by itself; expected \
                `postgres://user:password@host/database`"
                .to_owned()),
            DatabaseSpec::Sqlite | DatabaseSpec::SqliteFile(_) => Err(
                "SQLite has nothing to look into; expected `postgres://user:password@host/database`"
                    .to_owned(),
            ),
        }
    }
}

impl FromStr for PostgresUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<DatabaseSpec>() {
            Ok(spec) => spec.try_into(),
            Err(SpecError::Unknown(shown)) => Err(format!(
                "{shown} is no PostgreSQL: expected `postgres://user:password@host/database`"
            )),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads an argument that may carry a password. Where it is wrong, the message
/// does not repeat it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Discreet<T>(fn(&str) -> Result<T, String>);

impl<T: FromStr<Err: fmt::Display>> Discreet<T> {
    pub(super) fn new() -> Self {
        Self(|text| text.parse().map_err(|error: T::Err| error.to_string()))
    }
}

impl<T> Discreet<T> {
    /// `read` says what is wrong without repeating it.
    pub(super) fn by(read: fn(&str) -> Result<T, String>) -> Self {
        Self(read)
    }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Discreet<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        (self.0)(&value.to_string_lossy()).map_err(|error| {
            let name = argument.map_or_else(String::new, |argument| format!("{argument}: "));
            let message = format!("{name}{error}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_postgresql_has_something_to_look_into() {
        let url: PostgresUrl = "postgres://me:secret@db:5433/bank".parse().expect("a URL");
        assert_eq!(url.to_string(), "postgres://me@db:5433/bank");
        assert!(url.config().is_some() && !format!("{url:?}").contains("secret"));
        for (text, says) in [
            ("sqlite", "SQLite has nothing"),
            ("sqlite:a.db", "SQLite has nothing"),
            ("postgres", "by itself"),
            ("bankdb", "`bankdb` is no PostgreSQL"),
            ("b password=secret", "this is no PostgreSQL"),
            ("host=db password='secret", "no valid connection string"),
            ("mysql://me:secret@db", "expected"),
            ("postgres://me:secret@db:x/bank", "percent-encoded"),
        ] {
            let error = text.parse::<PostgresUrl>().expect_err(text);
            assert!(error.contains(says) && !error.contains("cret"), "{error}");
        }
    }
}
