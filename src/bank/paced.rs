use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::linger::Linger;

/// A client's connection that breaks when the client is too slow: with its next
/// request, with the rest of a head it has begun, or with taking in what it is
/// answered. The body of a request is for whoever reads it to watch.
///
/// Each request moves the deadlines, and none of them moves a timer: one that
/// goes off too early is set anew.
pub(super) struct Paced {
    stream: TcpStream,
    limits: Pace,
    requests: Arc<Requests>,
    /// As many requests had begun when it was last looked at.
    seen: u64,
    /// Since when there has been nothing of the next head.
    idle_since: Option<Instant>,
    /// When the first byte of a head that is not complete came.
    head_since: Option<Instant>,
    read_timer: Option<Pin<Box<Sleep>>>,
    taking: Option<Taking>,
    /// Since its own side is closed.
    linger: Option<Linger>,
}

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// From the end of one request to the first byte of the next one.
    pub(super) idle: Duration,
    /// From the first byte of a head to its last.
    pub(super) head: Duration,
    /// To take in [`LEAST`] of an answer.
    pub(super) answer: Duration,
}

/// A client takes so many bytes of an answer at least, each time it has had its time
/// for that.
const LEAST: usize = 16 * 1024;

/// An answer that a client does not take as fast as it could.
struct Taking {
    /// Which request it is for.
    begun: u64,
    /// The bytes it has taken since its time began.
    taken: usize,
    timer: Pin<Box<Sleep>>,
}

/// The requests of one connection, as whoever answers them tells it.
#[derive(Debug, Default)]
pub(super) struct Requests {
    begun: AtomicU64,
    under_way: AtomicBool,
    /// The last one was answered before all of it was there.
    unread: AtomicBool,
}

impl Requests {
    /// The head is complete.
    pub(super) fn begin(&self) {
        self.unread.store(false, Ordering::Relaxed);
        self.under_way.store(true, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// It is answered without the rest of its body.
    pub(super) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// The answer is there; it may not be written yet.
    pub(super) fn end(&self) {
        self.under_way.store(false, Ordering::Relaxed);
    }
}

impl Paced {
    pub(super) fn new(stream: TcpStream, limits: Pace, requests: Arc<Requests>) -> Self {
        Self {
            stream,
            limits,
            requests,
            seen: 0,
            idle_since: None,
            head_since: None,
            read_timer: None,
            taking: None,
            linger: None,
        }
    }

    /// While nothing is to be read: an error when it has been so for too long.
    fn watch_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (deadline, complaint) = match self.head_since {
            Some(since) => {
                (since + self.limits.head, "the head of a request did not come to its end")
            }
            None => {
                let since = *self.idle_since.get_or_insert_with(Instant::now);
                (since + self.limits.idle, "the client asks nothing more")
            }
        };
        let timer = self.read_timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(cx));
        if timer.deadline() < deadline {
            timer.as_mut().reset(deadline);
            ready!(timer.as_mut().poll(cx));
        }
        Poll::Ready(Err(too_slow(complaint)))
    }

    /// What a write came to; an error where the client takes too little of its answer
    /// in its time.
    fn watch_write(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let begun = self.requests.begun.load(Ordering::Relaxed);
        // The time of an answer before is over.
        self.taking = self.taking.take().filter(|taking| taking.begun == begun);
        if let Poll::Ready(written) = written {
            if let (Some(taking), Ok(written)) = (&mut self.taking, &written) {
                taking.taken += written;
            }
            return Poll::Ready(written);
        }
        loop {
            let taking = self.taking.get_or_insert_with(|| Taking {
                begun,
                taken: 0,
                timer: Box::pin(sleep_until(Instant::now() + self.limits.answer)),
            });
            ready!(taking.timer.as_mut().poll(cx));
            if taking.taken < LEAST {
                return Poll::Ready(Err(too_slow("the client does not take its answer")));
            }
            self.taking = None;
        }
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let begun = this.requests.begun.load(Ordering::Relaxed);
        if begun != this.seen {
            this.seen = begun;
            (this.idle_since, this.head_since) = (None, None);
        }
        let in_head = !this.requests.under_way.load(Ordering::Relaxed);
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            if in_head && buffer.filled().len() > before {
                this.head_since.get_or_insert_with(Instant::now);
            }
            return Poll::Ready(read);
        }
        if in_head { this.watch_read(cx) } else { Poll::Pending }
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.watch_write(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bytes);
        this.watch_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            if !this.requests.unread.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(()));
            }
        }
        let linger = this.linger.get_or_insert_with(|| Linger::new(this.limits.answer));
        linger.poll(&mut this.stream, cx).map(Ok)
    }
}

/// For hyper: its timeout for a head, which never comes. It is there because hyper
/// looks at a connection that has become idle once more only if it has one, and
/// [`Paced`] has to be asked to know that it is idle.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoTimer;

#[derive(Debug)]
struct Never;

impl hyper::rt::Timer for NoTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Never)
    }

    fn sleep_until(&self, _: std::time::Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Never)
    }
}

impl hyper::rt::Sleep for Never {}

impl Future for Never {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

fn too_slow(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}
