use std::time::Duration;

use tokio_postgres::{Client, Config, NoTls};

use super::ObserverError;
use super::error::described;

/// How long a connection attempt may take, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The oldest version with all that is asked for.
const OLDEST: u32 = 10;

/// A connection, and what is at its other end.
pub(super) struct Opened {
    pub(super) client: Client,
    /// As the server says it: `15.18 (Debian 15.18-0+deb12u1)`.
    pub(super) version: String,
    pub(super) major: u32,
}

/// Connects, and sets nothing: what a connection begins with, its name included, may
/// stay behind where a pooler lends it to somebody else.
pub(super) async fn open(config: &Config) -> Result<Opened, ObserverError> {
    let patience = config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
    // The driver's own limit does not cover a server that accepts and says nothing.
    let connected = tokio::time::timeout(patience, config.connect(NoTls)).await;
    let connected = connected
        .map_err(|_| ObserverError::Connect(format!("no answer within {patience:?}")))?
        .map_err(|error| ObserverError::Connect(described(&error)));
    let (client, connection) = connected?;
    let version = connection.parameter("server_version").unwrap_or_default().to_owned();
    // Ends when the client is dropped; its error is also that of the next statement.
    tokio::spawn(connection);
    let major = major(&version);
    if major < OLDEST {
        return Err(ObserverError::TooOld(version));
    }
    Ok(Opened { client, version, major })
}

/// Of `15.18 (Debian ...)` and `16beta1` alike.
fn major(version: &str) -> u32 {
    let digits = version.find(|char: char| !char.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        for (version, number) in
            [("15.18 (Debian 15.18-0+deb12u1)", 15), ("9.6.24", 9), ("17beta1", 17), ("", 0)]
        {
            assert_eq!(major(version), number, "{version}");
        }
    }
}
