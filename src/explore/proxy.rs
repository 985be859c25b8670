use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::gate::ConnectionId;
use super::wire::{Frame, Frames, Startup, WireError};

/// A port on the loopback interface that stands for a PostgreSQL. What its
/// clients and the server say becomes events, and goes no further by itself.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    serving: JoinSet<()>,
}

/// What happens at a proxy, in the order in which it happened.
#[derive(Debug)]
pub enum Event {
    Opened(Link),
    FromClient(ConnectionId, Vec<Frame>),
    FromServer(ConnectionId, Vec<Frame>),
    Closed(ConnectionId),
}

/// The way to the two ends of a connection. Dropping it closes both, as soon as
/// what was written has left.
#[derive(Debug)]
pub struct Link {
    pub id: ConnectionId,
    pub to_client: UnboundedSender<Bytes>,
    pub to_server: UnboundedSender<Bytes>,
}

/// Where the server is, and what sessions begin with beside their own settings.
#[derive(Clone, Debug)]
struct Upstream {
    place: Place,
    settings: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
enum Place {
    Socket(PathBuf),
    Port(String, u16),
}

/// How long what was said last may take to arrive.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

impl Proxy {
    /// Listens on a free port for the clients of that server. Each session begins
    /// with `settings` (names and values) beside its own.
    pub async fn start(
        server: &Config,
        settings: &[(&str, &str)],
    ) -> io::Result<(Self, UnboundedReceiver<Event>)> {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), server, settings).await
    }

    /// The same at a certain address.
    pub async fn start_at(
        address: SocketAddr,
        server: &Config,
        settings: &[(&str, &str)],
    ) -> io::Result<(Self, UnboundedReceiver<Event>)> {
        let listener = TcpListener::bind(address).await?;
        let port = listener.local_addr()?.port();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let settings = settings.iter().map(owned).collect();
        let upstream = Upstream { place: Place::of(server), settings };
        let (events, received) = unbounded_channel();
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, upstream, events));
        Ok((Self { port, serving }, received))
    }

    /// How the service is to connect, where it would connect by `server`.
    pub fn config(&self, server: &Config) -> Config {
        let mut config = Config::new();
        config.host("127.0.0.1").port(self.port);
        if let Some(user) = server.get_user() {
            config.user(user);
        }
        if let Some(password) = server.get_password() {
            config.password(password);
        }
        if let Some(database) = server.get_dbname() {
            config.dbname(database);
        }
        if let Some(options) = server.get_options() {
            config.options(options);
        }
        config
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Closes all connections. Afterwards another one can listen at the same port.
    pub async fn close(mut self) {
        self.serving.shutdown().await;
    }
}

impl Place {
    fn of(server: &Config) -> Self {
        let port = server.get_ports().first().copied().unwrap_or(5432);
        match server.get_hosts().first() {
            Some(Host::Unix(folder)) => Self::Socket(folder.join(format!(".s.PGSQL.{port}"))),
            Some(Host::Tcp(host)) => Self::Port(host.clone(), port),
            None => Self::Port("localhost".to_owned(), port),
        }
    }
}

async fn serve(listener: TcpListener, upstream: Upstream, events: UnboundedSender<Event>) {
    let mut connections = JoinSet::new();
    let mut next = 1;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((client, _)) = accepted else { continue };
        let (upstream, events, id) = (upstream.clone(), events.clone(), next);
        next += 1;
        connections.spawn(async move {
            if let Err(error) = converse(id, client, &upstream, &events).await {
                tracing::debug!(%error, "a connection of the service ended");
            }
            let _ = events.send(Event::Closed(id));
        });
    }
}

async fn converse(
    id: ConnectionId,
    mut client: TcpStream,
    upstream: &Upstream,
    events: &UnboundedSender<Event>,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut frames = Frames::of_client();
    let first = loop {
        let Some(frame) = read_one(&mut client, &mut frames).await? else { return Ok(()) };
        match Startup::read(&frame).map_err(invalid)? {
            // Not here; a client that can do without goes on in the clear.
            Startup::Ssl | Startup::GssEncryption => client.write_all(b"N").await?,
            Startup::Cancel => {
                let mut server = upstream.place.connect().await?;
                server.write_all(&frame.bytes).await?;
                // The server closes when it is done; the client waits for that.
                let _ = server.read(&mut [0; 1]).await;
                return Ok(());
            }
            session @ Startup::Session { .. } => {
                let settings = upstream.settings.iter();
                let session = settings
                    .fold(session, |session, (name, value)| session.with_setting(name, value));
                break session.frame().unwrap_or(frame);
            }
        }
    };
    frames.has_started();
    let mut server = upstream.place.connect().await?;
    server.write_all(&first.bytes).await?;
    let (from_server, into_server) = tokio::io::split(server);
    let (from_client, into_client) = client.into_split();
    let (to_client, for_client) = unbounded_channel();
    let (to_server, for_server) = unbounded_channel();
    let _ = events.send(Event::Opened(Link { id, to_client, to_server }));
    let from_client =
        read(from_client, frames, |frames| events.send(Event::FromClient(id, frames)).is_ok());
    let from_server = read(from_server, Frames::of_server(), |frames| {
        events.send(Event::FromServer(id, frames)).is_ok()
    });
    let writing =
        async { tokio::try_join!(write(for_client, into_client), write(for_server, into_server)) };
    let mut writing = pin!(writing);
    let ended = tokio::select! {
        ended = from_client => ended,
        ended = from_server => ended,
        written = &mut writing => return written.map(|_| ()),
    };
    // Whoever has the link lets go of it now, and what was said last still arrives.
    let _ = events.send(Event::Closed(id));
    let _ = tokio::time::timeout(LAST_WORDS, writing).await;
    ended
}

async fn read_one(
    stream: &mut (impl AsyncRead + Unpin),
    frames: &mut Frames,
) -> io::Result<Option<Frame>> {
    loop {
        if let Some(frame) = frames.next_frame().map_err(invalid)? {
            return Ok(Some(frame));
        }
        if stream.read_buf(frames.buffer()).await? == 0 {
            return Ok(None);
        }
    }
}

/// Until the stream ends, or nobody takes what comes.
async fn read(
    mut stream: impl AsyncRead + Unpin,
    mut frames: Frames,
    mut take: impl FnMut(Vec<Frame>) -> bool,
) -> io::Result<()> {
    loop {
        let mut whole = Vec::new();
        while let Some(frame) = frames.next_frame().map_err(invalid)? {
            whole.push(frame);
        }
        if !whole.is_empty() && !take(whole) {
            return Ok(());
        }
        frames.buffer().reserve(CHUNK);
        if stream.read_buf(frames.buffer()).await? == 0 {
            return Ok(());
        }
    }
}

/// Until nobody has anything to write any more.
async fn write(
    mut chunks: UnboundedReceiver<Bytes>,
    mut stream: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut together = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        together.extend_from_slice(&chunk);
        while together.len() < CHUNK
            && let Ok(chunk) = chunks.try_recv()
        {
            together.extend_from_slice(&chunk);
        }
        stream.write_all(&together).await?;
        together.clear();
        together.shrink_to(CHUNK);
    }
    stream.shutdown().await
}

/// Either of the two kinds of streams that lead to a PostgreSQL.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Place {
    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Socket(path) => Box::new(UnixStream::connect(path).await?),
            Self::Port(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
        })
    }
}

fn invalid(error: WireError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
