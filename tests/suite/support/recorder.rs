use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which connection it came over, from 1.
    pub connection: usize,
    /// `POST /deposit`, with the query.
    pub line: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What a made-up server sends back.
#[derive(Clone, Debug)]
pub struct Sent {
    text: String,
    then_close: bool,
}

/// An HTTP server that a test sees through: it writes down every request, and
/// answers byte for byte what it is told. Ends with the test's runtime.
#[derive(Clone)]
pub struct Recorder {
    pub address: SocketAddr,
    scheme: &'static str,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Sent {
    pub fn status(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let text = format!(
            "HTTP/1.1 {status} Made Up\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        Self { text, then_close: false }
    }

    pub fn ok(body: &str) -> Self {
        Self::status(200, &[], body)
    }

    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status, &[("location", location)], "")
    }

    /// Not a word, and the connection is closed.
    pub fn nothing() -> Self {
        Self { text: String::new(), then_close: true }
    }

    /// Whatever this is.
    pub fn bytes(text: &str) -> Self {
        Self { text: text.to_owned(), then_close: true }
    }

    /// One more header.
    pub fn with(self, header: &str) -> Self {
        let text = self.text.replacen("\r\n", &format!("\r\n{header}\r\n"), 1);
        Self { text, ..self }
    }

    /// Closes the connection afterwards, without having said so.
    pub fn then_close(self) -> Self {
        Self { then_close: true, ..self }
    }
}

impl Recorder {
    pub async fn start(answer: impl Fn(&Seen) -> Sent + Send + Sync + 'static) -> Self {
        Self::serve(None, answer).await
    }

    pub async fn start_tls(
        acceptor: TlsAcceptor,
        answer: impl Fn(&Seen) -> Sent + Send + Sync + 'static,
    ) -> Self {
        Self::serve(Some(acceptor), answer).await
    }

    async fn serve(
        acceptor: Option<TlsAcceptor>,
        answer: impl Fn(&Seen) -> Sent + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let server = Self { address, scheme, seen: Arc::default(), connections: Arc::default() };
        let (this, answer) = (server.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (this, answer, acceptor) = (this.clone(), answer.clone(), acceptor.clone());
                tokio::spawn(async move {
                    let number = this.connections.fetch_add(1, Ordering::SeqCst) + 1;
                    match acceptor {
                        None => this.converse(stream, number, answer.as_ref()).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => this.converse(stream, number, answer.as_ref()).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        server
    }

    /// `http://127.0.0.1:1234`
    pub fn url(&self) -> String {
        self.url_as("127.0.0.1")
    }

    /// The same under another name of this machine.
    pub fn url_as(&self, host: &str) -> String {
        format!("{}://{host}:{}", self.scheme, self.address.port())
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("requests").clone()
    }

    /// The request lines, in the order they came.
    pub fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut stream: S,
        connection: usize,
        answer: &(impl Fn(&Seen) -> Sent + ?Sized),
    ) -> Option<()> {
        let mut buffer = Vec::new();
        loop {
            let seen = read(&mut stream, &mut buffer, connection).await?;
            self.seen.lock().expect("requests").push(seen.clone());
            let sent = answer(&seen);
            stream.write_all(sent.text.as_bytes()).await.ok()?;
            if sent.then_close {
                return stream.shutdown().await.ok();
            }
        }
    }
}

async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    connection: usize,
) -> Option<Seen> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        more(stream, buffer).await?;
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<(String, String)> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0);
    while buffer.len() < end + 4 + length {
        more(stream, buffer).await?;
    }
    let body = String::from_utf8_lossy(&buffer[end + 4..end + 4 + length]).into_owned();
    buffer.drain(..end + 4 + length);
    Some(Seen { connection, line, headers, body })
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> Option<()> {
    (stream.read_buf(buffer).await.ok()? > 0).then_some(())
}
