use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// So much is read for nobody at most, in bytes.
const MOST: usize = 64 * 1024 * 1024;

/// For how long nothing may come.
const SILENCE: Duration = Duration::from_secs(1);

/// Waits out what a client still sends after its answer, and nobody wants. Closed
/// with that unread, the connection would be reset, and a client that sends all
/// before it reads would lose its answer with it.
pub(super) struct Linger {
    left: usize,
    until: Instant,
    heard: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Linger {
    /// For so long at most.
    pub(super) fn new(limit: Duration) -> Self {
        let now = Instant::now();
        let timer = Box::pin(sleep_until(now + SILENCE.min(limit)));
        Self { left: MOST, until: now + limit, heard: now, timer }
    }

    /// Ready when the client has closed its side, or has been waited for enough.
    pub(super) fn poll(&mut self, stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; 16 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            let read = match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) => buffer.filled().len(),
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => {
                    let deadline = self.until.min(self.heard + SILENCE);
                    if self.timer.deadline() != deadline {
                        self.timer.as_mut().reset(deadline);
                    }
                    ready!(self.timer.as_mut().poll(cx));
                    return Poll::Ready(());
                }
            };
            self.left = self.left.saturating_sub(read);
            self.heard = Instant::now();
            if read == 0 || self.left == 0 || self.heard > self.until {
                return Poll::Ready(());
            }
        }
    }
}
