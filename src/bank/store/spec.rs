use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// Which database to use, as `--database` names it.
///
/// Neither `Display` nor `Debug` shows a password.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum DatabaseSpec {
    /// `sqlite`: a temporary file.
    #[default]
    Sqlite,
    /// `sqlite:FILE`: a file that keeps its balances.
    SqliteFile(PathBuf),
    /// `postgres`: a private, throwaway PostgreSQL; `postgres:NAME=VALUE,...`: with
    /// settings of its own.
    PrivatePostgres(Vec<String>),
    /// `postgres://user:password@host/database`.
    Postgres(Box<Config>),
}

/// Why a text names no database. Never repeats a URL, which may hold a
/// password.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SpecError {
    #[error(
        "{0} is no database: expected `sqlite`, `sqlite:FILE`, `postgres` (a private one), \
         `postgres:SETTING=VALUE`, `postgres://user:password@host/database` or \
         `host=... dbname=...`"
    )]
    Unknown(String),
    #[error("`sqlite:` lacks the file: expected `sqlite:FILE`, or `sqlite` for a temporary one")]
    NoFile,
    #[error(
        "after `postgres:` come settings of a private PostgreSQL, as in \
         `postgres:synchronous_commit=off,wal_buffers=4MB`, or `//user:password@host/database`"
    )]
    BadSetting,
    #[error(
        "this is no valid postgres:// URL; special characters in a user name or password must be \
         percent-encoded (`@` is `%40`, `/` is `%2F`, `?` is `%3F`)"
    )]
    BadUrl,
    #[error(
        "this is no valid connection string: expected `host=... user=... password=... dbname=...`, \
         with a value in single quotes where it holds spaces"
    )]
    BadKeywords,
    #[error("the PostgreSQL URL asks for TLS (`sslmode=require`), which bankrun does not speak")]
    Tls,
    #[error("PGPORT is `{0}`, which is no port number")]
    BadPort(String),
}

impl DatabaseSpec {
    /// A private PostgreSQL like any other.
    pub const fn private() -> Self {
        Self::PrivatePostgres(Vec::new())
    }

    /// The database that `DATABASE_URL` names, or else the `PG*` variables
    /// (when `PGHOST` or `PGDATABASE` is set); `None` without any of them.
    ///
    /// `variable` looks up an environment variable.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, SpecError> {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        if let Some(url) = variable("DATABASE_URL") {
            return url.parse().map(Some);
        }
        if variable("PGHOST").is_none() && variable("PGDATABASE").is_none() {
            return Ok(None);
        }
        let mut config = Config::new();
        config.host(variable("PGHOST").unwrap_or_else(|| "localhost".to_owned()));
        if let Some(port) = variable("PGPORT") {
            config.port(port.parse().map_err(|_| SpecError::BadPort(port))?);
        }
        if let Some(user) = variable("PGUSER") {
            config.user(user);
        }
        if let Some(password) = variable("PGPASSWORD") {
            config.password(password);
        }
        if let Some(database) = variable("PGDATABASE") {
            config.dbname(database);
        }
        if matches!(variable("PGSSLMODE").as_deref(), Some("require" | "verify-ca" | "verify-full"))
        {
            return Err(SpecError::Tls);
        }
        Ok(Some(Self::Postgres(Box::new(config))))
    }
}

impl FromStr for DatabaseSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            "sqlite:" => Err(SpecError::NoFile),
            "postgres" => Ok(Self::private()),
            _ if text.starts_with("postgres://") || text.starts_with("postgresql:") => {
                parse_url(text)
            }
            _ => match (text.strip_prefix("sqlite:"), text.strip_prefix("postgres:")) {
                (Some(file), _) => Ok(Self::SqliteFile(file.into())),
                (_, Some(settings)) => parse_settings(settings).map(Self::PrivatePostgres),
                _ if has_keywords(text) => parse_config(text, SpecError::BadKeywords),
                _ => Err(SpecError::Unknown(shown(text))),
            },
        }
    }
}

/// `synchronous_commit=off,wal_buffers=4MB`
fn parse_settings(text: &str) -> Result<Vec<String>, SpecError> {
    let is_name = |name: &str| {
        let word = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.');
        !name.is_empty() && name.chars().all(word)
    };
    let is_setting = |setting: &str| setting.split_once('=').is_some_and(|(name, _)| is_name(name));
    let settings: Vec<String> = text.split(',').map(|part| part.trim().to_owned()).collect();
    let valid = settings.iter().all(|setting| is_setting(setting));
    if valid { Ok(settings) } else { Err(SpecError::BadSetting) }
}

/// `host=localhost dbname=bank`, as `psql` takes it.
fn has_keywords(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        let name = name.trim();
        !name.is_empty() && name.chars().all(|char| char.is_ascii_lowercase() || char == '_')
    })
}

/// A word is shown as it is. All else may hold a password.
fn shown(text: &str) -> String {
    let is_word = text.chars().all(|char| char.is_alphanumeric() || "_-./".contains(char));
    match is_word {
        true => format!("`{text}`"),
        false if text.contains("://") => "this URL".to_owned(),
        false => "this".to_owned(),
    }
}

fn parse_url(url: &str) -> Result<DatabaseSpec, SpecError> {
    if !url.contains("://") {
        return Err(SpecError::BadUrl);
    }
    parse_config(url, SpecError::BadUrl)
}

fn parse_config(text: &str, otherwise: SpecError) -> Result<DatabaseSpec, SpecError> {
    let config: Config = text.parse().map_err(|_| otherwise)?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(SpecError::Tls);
    }
    Ok(DatabaseSpec::Postgres(Box::new(config)))
}

impl fmt::Display for DatabaseSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite => write!(f, "sqlite"),
            Self::SqliteFile(file) => write!(f, "sqlite:{}", file.display()),
            Self::PrivatePostgres(settings) if settings.is_empty() => write!(f, "postgres"),
            Self::PrivatePostgres(settings) => write!(f, "postgres:{}", settings.join(",")),
            Self::Postgres(config) => write_url(config, f),
        }
    }
}

fn write_url(config: &Config, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "postgres://")?;
    if let Some(user) = config.get_user() {
        write!(f, "{user}@")?;
    }
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => write!(f, "{host}")?,
        #[cfg(unix)]
        Some(Host::Unix(folder)) => write!(f, "{}", folder.display())?,
        None => write!(f, "localhost")?,
    }
    if let Some(port) = config.get_ports().first() {
        write!(f, ":{port}")?;
    }
    match config.get_dbname() {
        Some(name) => write!(f, "/{name}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_four_kinds() {
        assert_eq!("sqlite".parse(), Ok(DatabaseSpec::Sqlite));
        assert_eq!("sqlite:a b.db".parse(), Ok(DatabaseSpec::SqliteFile("a b.db".into())));
        assert_eq!("postgres".parse(), Ok(DatabaseSpec::private()));
        let spec: DatabaseSpec = "postgres:fsync=on, a.b=".parse().expect("settings");
        let settings = ["fsync=on", "a.b="].map(str::to_owned).to_vec();
        assert_eq!(spec, DatabaseSpec::PrivatePostgres(settings));
        assert_eq!(spec.to_string(), "postgres:fsync=on,a.b=");
        let spec: DatabaseSpec = "postgres://me:secret@db:5433/bank".parse().expect("a URL");
        assert_eq!(spec.to_string(), "postgres://me@db:5433/bank");
    }

    #[test]
    fn never_shows_a_password() {
        let spec: DatabaseSpec = "postgres://me:secret@db/bank".parse().expect("a URL");
        assert!(!format!("{spec} {spec:?}").contains("secret"));
        let spec: DatabaseSpec =
            "host=db user=me password='s3c r3t' dbname=bank".parse().expect("keywords");
        assert_eq!(spec.to_string(), "postgres://me@db/bank");
        assert!(!format!("{spec:?}").contains("r3t"));
        for url in [
            "postgres://me@db/bank?secret=1",
            "mysql://me:secret@db",
            "postgres:secret",
            "host=db passwort=secret",
            "host=db password='secret",
            "HOST=db password=secret",
            "b password=secret",
            "=secret",
        ] {
            let error = url.parse::<DatabaseSpec>().expect_err(url);
            assert!(!format!("{error} {error:?}").contains("cret"), "{error}");
        }
    }

    #[test]
    fn says_what_it_expected() {
        for (text, error) in [
            ("sqlit", SpecError::Unknown("`sqlit`".into())),
            ("", SpecError::Unknown("``".into())),
            ("host=db port=x", SpecError::BadKeywords),
            ("host=db hots=db", SpecError::BadKeywords),
            ("host=db sslmode=require", SpecError::Tls),
            ("sqlite:", SpecError::NoFile),
            ("postgres://h:notaport/b", SpecError::BadUrl),
            ("postgres:", SpecError::BadSetting),
            ("postgres:synchronous_commit", SpecError::BadSetting),
            ("postgres:me@db/bank?a=1", SpecError::BadSetting),
            ("postgres://h/b?sslmode=require", SpecError::Tls),
        ] {
            assert_eq!(text.parse::<DatabaseSpec>(), Err(error), "{text}");
        }
    }

    #[test]
    fn reads_the_environment() {
        let read = |pairs: &'static [(&str, &str)]| {
            DatabaseSpec::from_environment(move |name| {
                let pair = pairs.iter().find(|(key, _)| *key == name);
                pair.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(read(&[("PGUSER", "me")]), Ok(None));
        assert_eq!(
            read(&[("DATABASE_URL", "sqlite"), ("PGHOST", "db")]),
            Ok(Some(DatabaseSpec::Sqlite))
        );
        let spec =
            read(&[("PGHOST", "db"), ("PGPORT", "1"), ("PGUSER", "me"), ("PGDATABASE", "b")]);
        let spec = spec.expect("valid").expect("given");
        assert_eq!(spec.to_string(), "postgres://me@db:1/b");
        assert_eq!(read(&[("PGHOST", "db"), ("PGPORT", "x")]), Err(SpecError::BadPort("x".into())));
    }
}
