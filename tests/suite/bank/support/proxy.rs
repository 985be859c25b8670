use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bankrun::bank::Database;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use super::cluster;

/// Stands between bank and database. Once it is armed and a client has sent
/// `last_words`, they are passed on and the answer is not.
pub(in crate::bank) struct Proxy {
    port: u16,
    armed: Arc<AtomicBool>,
}

impl Proxy {
    pub(in crate::bank) async fn start(last_words: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let socket = cluster().await.folder().join(".s.PGSQL.5432");
        let armed = Arc::new(AtomicBool::new(false));
        let ends = armed.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.expect("the cluster");
                tokio::spawn(pass_on(client, server, last_words, ends.clone()));
            }
        });
        Self { port, armed }
    }

    pub(in crate::bank) fn arm(&self, armed: bool) {
        self.armed.store(armed, Ordering::SeqCst);
    }

    /// The database of this name, as it is reached through the proxy.
    pub(in crate::bank) async fn database(&self, name: &str) -> Database {
        let url = format!("postgres://postgres@127.0.0.1:{}/{name}", self.port);
        Database::open(&url.parse().expect("a URL")).await.expect("a database")
    }
}

async fn pass_on(
    mut client: TcpStream,
    mut server: UnixStream,
    last_words: &'static [u8],
    armed: Arc<AtomicBool>,
) {
    let (mut question, mut answer) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    loop {
        tokio::select! {
            length = client.read(&mut question) => {
                let Ok(length @ 1..) = length else { return };
                let heard = &question[..length];
                let last = heard.windows(last_words.len()).any(|words| words == last_words);
                server.write_all(heard).await.expect("the cluster");
                if last && armed.load(Ordering::SeqCst) {
                    // The database has done it when it is idle again.
                    let mut heard = Vec::new();
                    while !heard.ends_with(b"Z\0\0\0\x05I") {
                        let length = server.read(&mut answer).await.expect("the cluster");
                        assert!(length > 0, "it hung up: {heard:?}");
                        heard.extend(&answer[..length]);
                    }
                    return;
                }
            }
            length = server.read(&mut answer) => {
                let Ok(length @ 1..) = length else { return };
                client.write_all(&answer[..length]).await.expect("the bank");
            }
        }
    }
}
