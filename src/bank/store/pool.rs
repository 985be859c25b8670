use std::fmt::Display;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Instant;

use bb8::{ErrorSink, ManageConnection, PooledConnection, RunError};

use super::error::StoreError;
use super::store::{PoolOptions, PoolState};

/// A bb8 pool that remembers why its last connection attempt failed: bb8
/// itself only says that time ran out.
#[derive(Clone)]
pub(super) struct Pool<M: ManageConnection> {
    inner: bb8::Pool<M>,
    last_error: LastError,
    options: PoolOptions,
}

/// A connection that knows by itself whether it is of any more use.
pub(super) trait Pooled {
    /// Closed, or in the middle of something. Asks nobody.
    fn is_spent(&mut self) -> bool;
}

pub(super) async fn open<M>(
    manager: M,
    options: &PoolOptions,
    last_error: LastError,
) -> Result<Pool<M>, StoreError>
where
    M: ManageConnection<Error: Display, Connection: Pooled>,
{
    let inner = bb8::Pool::builder()
        .max_size(options.size.get())
        .connection_timeout(options.acquire_timeout)
        .test_on_check_out(false)
        .error_sink(ErrorSink::<M::Error>::boxed_clone(&last_error))
        .build(manager)
        .await
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(Pool { inner, last_error, options: options.clone() })
}

impl<M> Pool<M>
where
    M: ManageConnection<Error: Display, Connection: Pooled>,
{
    /// Waits for a free connection, at most the acquire timeout. One that was
    /// closed while it lay idle (the database was restarted, say) is thrown
    /// away rather than handed out: that costs no query, and spares the caller
    /// an error for each of them.
    pub(super) async fn get(&self) -> Result<PooledConnection<'static, M>, StoreError> {
        let start = Instant::now();
        let got = tokio::time::timeout(self.options.acquire_timeout, self.get_unspent()).await;
        got.unwrap_or(Err(RunError::TimedOut)).map_err(|error| match error {
            RunError::User(error) => StoreError::Unavailable(error.to_string()),
            RunError::TimedOut => StoreError::Unavailable(self.explain_timeout(start)),
        })
    }

    async fn get_unspent(&self) -> Result<PooledConnection<'static, M>, RunError<M::Error>> {
        loop {
            // Large, and moved several times on its way if it is not boxed.
            let mut connection = Box::pin(self.inner.get_owned()).await?;
            if !connection.is_spent() {
                return Ok(connection);
            }
        }
    }

    pub(super) fn state(&self) -> PoolState {
        let state = self.inner.state();
        PoolState { connections: state.connections, idle: state.idle_connections }
    }

    fn explain_timeout(&self, start: Instant) -> String {
        let waited = humantime::format_duration(self.options.acquire_timeout);
        match self.last_error.since(start) {
            Some(reason) => format!("no connection within {waited} ({reason})"),
            None => {
                format!("all {} connections of the pool were busy for {waited}", self.options.size)
            }
        }
    }
}

/// Why a connection attempt failed last.
#[derive(Clone, Debug, Default)]
pub(super) struct LastError(Arc<Mutex<Option<(Instant, String)>>>);

impl LastError {
    pub(super) fn note(&self, error: &impl Display) {
        let mut last = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *last = Some((Instant::now(), error.to_string()));
    }

    /// Older ones explain nothing: the pool may just have been busy since.
    fn since(&self, start: Instant) -> Option<String> {
        let last = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        last.clone().filter(|(when, _)| *when >= start).map(|(_, reason)| reason)
    }
}

impl<E: Display> ErrorSink<E> for LastError {
    fn sink(&self, error: E) {
        self.note(&error);
    }

    fn boxed_clone(&self) -> Box<dyn ErrorSink<E>> {
        Box::new(self.clone())
    }
}
