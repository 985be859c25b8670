use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What whoever finds no place hears.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json\r\n\
    content-length: 66\r\n\
    retry-after: 1\r\n\
    connection: close\r\n\r\n\
    {\"error\":\"the server has no free connection\",\"code\":\"unavailable\"}";

/// So many hear it at a time. While they do, nobody else is accepted: those
/// beyond wait where the kernel bounds them.
const HEARING: usize = 64;

/// How long one of them may take to ask, and then to hear it.
const PATIENCE: Duration = Duration::from_secs(1);

/// The places of a server, and what becomes of those who find none.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    hearing: Arc<Semaphore>,
}

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            hearing: Arc::new(Semaphore::new(HEARING)),
        }
    }

    /// A place, for as long as it is held; `None` when there is none left.
    pub(super) fn take(&self) -> Option<OwnedSemaphorePermit> {
        self.free.clone().try_acquire_owned().ok()
    }

    /// Answers 503 to whoever found no place. Waits while too many hear that
    /// already.
    pub(super) async fn turn_away(&self, mut stream: TcpStream) {
        let Ok(hearing) = self.hearing.clone().acquire_owned().await else { return };
        tokio::spawn(async move {
            let mut heard = [0; 1024];
            // An answer that is there before anything was asked is a mistake to
            // many clients.
            let _ = tokio::time::timeout(PATIENCE, stream.read(&mut heard)).await;
            let said = async {
                stream.write_all(FULL).await?;
                stream.shutdown().await?;
                // Closed before it is read, what the client sent would take the
                // answer with it.
                while stream.read(&mut heard).await? > 0 {}
                Ok::<_, std::io::Error>(())
            };
            // A client that is gone, or hears nothing, is none of our trouble.
            let _ = tokio::time::timeout(PATIENCE, said).await;
            drop(hearing);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_length_is_as_it_says() {
        let text = std::str::from_utf8(FULL).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        serde_json::from_str::<serde_json::Value>(body).expect("JSON");
    }
}
