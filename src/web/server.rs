use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use tokio_util::sync::CancellationToken;

use super::control::Control;
use super::guard::Guard;
use super::routes::Site;
use crate::model::Secret;
use crate::report::live::Board;

/// How long a client may take for the head of a request.
const HEADER_TIME: Duration = Duration::from_secs(60);

/// Pages that watch at a time.
const WATCHERS: usize = 50;

/// How long the last of what happened may take on its way to those who watch.
const FAREWELL: Duration = Duration::from_secs(2);

/// The page, being served. Dropping it ends it.
#[derive(Debug)]
pub struct Web {
    addr: SocketAddr,
    ending: CancellationToken,
    serving: JoinHandle<()>,
}

/// Where and under which names the page is found.
#[derive(Clone, Debug)]
pub struct WebOptions {
    pub listen: SocketAddr,
    /// Names beside those of the loopback interface.
    pub hosts: Vec<String>,
}

/// Why there is no page.
#[derive(Debug, Error)]
pub enum WebError {
    #[error(
        "cannot show the page on {addr}: {source}; choose another address (127.0.0.1:0: any free \
         port)"
    )]
    Listen { addr: SocketAddr, source: io::Error },
    #[error("no random numbers for the page's token: {0}")]
    Random(getrandom::Error),
}

impl Web {
    /// Begins to serve. Without a `control` runs are only watched.
    pub async fn start(
        options: WebOptions,
        board: Arc<Board>,
        control: Option<Arc<dyn Control>>,
    ) -> Result<Self, WebError> {
        let refused = |source| WebError::Listen { addr: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(refused)?;
        let addr = listener.local_addr().map_err(refused)?;
        let guard = Guard::new(token()?, options.hosts, addr);
        let (ending, watchers) = (CancellationToken::new(), Arc::new(Semaphore::new(WATCHERS)));
        let site = Arc::new(Site { board, guard, control, watchers, ending: ending.clone() });
        Ok(Self { addr, ending, serving: tokio::spawn(serve(listener, site)) })
    }

    /// Tells those who watch what came last, for a moment at most, and ends.
    pub async fn finish(mut self) {
        self.ending.cancel();
        let _ = tokio::time::timeout(FAREWELL, &mut self.serving).await;
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What a browser here opens: the wildcard address is no name of anything.
    pub fn url(&self) -> String {
        match self.addr.ip().is_unspecified() {
            true => format!("http://localhost:{}", self.addr.port()),
            false => format!("http://{}", self.addr),
        }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, site: Arc<Site>) {
    // They end with this.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = site.ending.cancelled() => break,
        };
        match accepted {
            Ok((stream, _peer)) => {
                connections.spawn(connection(stream, site.clone()));
            }
            Err(error) => {
                // Out of file descriptors, most likely: closing ones may help.
                tracing::warn!(%error, "cannot accept a connection to the page");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    connections.join_all().await;
}

async fn connection(stream: TcpStream, site: Arc<Site>) {
    let _ = stream.set_nodelay(true);
    let ending = site.ending.clone();
    let answer = service_fn(move |request| {
        let site = site.clone();
        async move { Ok::<_, Infallible>(site.respond(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ending.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the page broke");
    }
}

/// 128 bits that nobody can guess.
fn token() -> Result<Secret, WebError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(WebError::Random)?;
    Ok(Secret::of_bytes(&bytes))
}
