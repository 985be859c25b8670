use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::{Method, Request};
use tokio::io::ReadBuf;

use super::super::{Answer, plain};
use super::head::{self, Head};
use super::last::Last;
use super::request::{self, Added, ByProxy};
use super::stream::Stream;

/// What is read at once.
const ROOM: usize = 64 * 1024;
/// A connection that waits keeps no more of its last request than this.
const KEPT: usize = 4 * 1024;

thread_local! {
    /// Where connections of this thread read, one at a time.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; ROOM]);
}

/// A connection that carries one exchange at a time.
#[derive(Debug)]
pub(in super::super) struct Wire {
    stream: Stream,
    by_proxy: Option<Box<ByProxy>>,
    /// The request under way.
    out: Vec<u8>,
    /// Another request may follow.
    is_open: bool,
    last: Last,
}

/// Why there is no answer.
#[derive(Debug)]
pub(in super::super) enum Failure {
    /// Not a byte of the request left.
    Unsent,
    Broken(String),
    /// What came was no HTTP/1.1.
    Foreign(String),
}

/// How far an exchange is.
struct Progress<'a> {
    method: &'a Method,
    sent: usize,
    is_flushed: bool,
    /// Why the request did not go out whole; an answer may have come before that.
    unsent: Option<io::Error>,
    /// What came and is not understood yet.
    inbox: Vec<u8>,
    head: Option<Head>,
    body: Vec<u8>,
}

impl Wire {
    /// `by_proxy`: it leads to a proxy that passes requests on.
    pub(in super::super) fn new(stream: Stream, by_proxy: Option<ByProxy>) -> Self {
        let (out, last) = (Vec::new(), Last::default());
        Self { stream, by_proxy: by_proxy.map(Box::new), out, is_open: true, last }
    }

    pub(in super::super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Sends the request and awaits the whole answer. Whoever stops waiting has to
    /// let go of the connection: what comes later would be taken for the next
    /// answer.
    pub(in super::super) async fn exchange(
        &mut self,
        request: &Request<Bytes>,
        added: &Added,
    ) -> Result<Answer, Failure> {
        request::write(request, added, self.by_proxy.as_deref(), &mut self.out);
        let mut progress = Progress {
            method: request.method(),
            sent: 0,
            is_flushed: false,
            unsent: None,
            inbox: Vec::new(),
            head: None,
            body: Vec::new(),
        };
        poll_fn(|cx| self.poll_quiet(cx)).await?;
        let answer = poll_fn(|cx| self.poll_exchange(cx, &mut progress)).await;
        self.is_open &= answer.is_ok() && !request::is_last(request, added);
        if self.out.capacity() > KEPT {
            self.out = Vec::new();
        }
        answer
    }

    /// A service may have closed the connection meanwhile; nobody asked it to say
    /// anything.
    fn poll_quiet(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let mut room = [0; 1];
        Poll::Ready(match self.stream.poll_read(cx, &mut ReadBuf::new(&mut room)) {
            Poll::Pending => Ok(()),
            Poll::Ready(_) => Err(Failure::Unsent),
        })
    }

    /// Writes what can be written and reads what there is: an answer may come
    /// before all of the request is out.
    fn poll_exchange(
        &mut self,
        cx: &mut Context<'_>,
        progress: &mut Progress<'_>,
    ) -> Poll<Result<Answer, Failure>> {
        if progress.unsent.is_none()
            && let Err(error) = self.write(cx, progress)
        {
            if progress.sent == 0 {
                return Poll::Ready(Err(Failure::Unsent));
            }
            progress.unsent = Some(error);
        }
        SCRATCH.with_borrow_mut(|scratch| {
            loop {
                let mut room = ReadBuf::new(scratch);
                let read = ready!(self.stream.poll_read(cx, &mut room));
                let over = match read {
                    Ok(()) if room.filled().is_empty() => progress.close().map(Some),
                    Ok(()) => progress.take(room.filled(), &mut self.last),
                    Err(error) => Err(progress.broken(&error)),
                };
                if let Some((answer, is_open)) = over? {
                    let is_out = progress.sent == self.out.len() && progress.is_flushed;
                    self.is_open = is_open && is_out;
                    return Poll::Ready(Ok(answer));
                }
            }
        })
    }

    /// As much of the request as the connection takes now.
    fn write(&mut self, cx: &mut Context<'_>, progress: &mut Progress<'_>) -> io::Result<()> {
        while progress.sent < self.out.len() {
            match self.stream.poll_write(cx, &self.out[progress.sent..]) {
                Poll::Ready(written) => progress.sent += written?,
                Poll::Pending => return Ok(()),
            }
        }
        if !progress.is_flushed
            && let Poll::Ready(flushed) = self.stream.poll_flush(cx)
        {
            flushed?;
            progress.is_flushed = true;
        }
        Ok(())
    }
}

impl Progress<'_> {
    /// Takes in what came. Returns the answer where that is all of it, and whether
    /// another may follow.
    fn take(&mut self, bytes: &[u8], last: &mut Last) -> Result<Option<(Answer, bool)>, Failure> {
        if self.head.is_some() {
            return self.take_body(bytes);
        }
        if self.inbox.is_empty() {
            return self.take_head(bytes, last);
        }
        self.inbox.extend_from_slice(bytes);
        // A head is over at the end of a line.
        if !bytes.contains(&b'\n') && self.inbox.len() <= head::LONGEST {
            return Ok(None);
        }
        let inbox = std::mem::take(&mut self.inbox);
        self.take_head(&inbox, last)
    }

    fn take_head(
        &mut self,
        mut bytes: &[u8],
        last: &mut Last,
    ) -> Result<Option<(Answer, bool)>, Failure> {
        loop {
            if let Some((head, length)) = last.again(bytes, self.method) {
                self.head = Some(head);
                return self.take_body(&bytes[length..]);
            }
            let found = head::find(bytes).map_err(|cause| match bytes.starts_with(b"HTTP/") {
                true => malformed(cause),
                false => Failure::Foreign(cause),
            })?;
            let Some(found) = found else {
                self.inbox = bytes.to_vec();
                return Ok(None);
            };
            let (all, rest) = bytes.split_at(found.length);
            if !found.is_interim() {
                let all = Bytes::copy_from_slice(all);
                let head = found.read(&all, self.method).map_err(malformed)?;
                last.keep(all, self.method, &head);
                self.head = Some(head);
                return self.take_body(rest);
            }
            bytes = rest;
        }
    }

    fn take_body(&mut self, bytes: &[u8]) -> Result<Option<(Answer, bool)>, Failure> {
        let Some(head) = &mut self.head else { return Ok(None) };
        let taken = head.framing.take(bytes, &mut self.body).map_err(Failure::Broken)?;
        if !head.framing.is_over() {
            return Ok(None);
        }
        // What nobody asked for is not taken for the next answer.
        let is_open = head.keeps_alive && taken == bytes.len();
        Ok(self.answer().map(|answer| (answer, is_open)))
    }

    /// Nothing more will come.
    fn close(&mut self) -> Result<(Answer, bool), Failure> {
        if let Some(head) = &self.head {
            head.framing.close().map_err(Failure::Broken)?;
        }
        let answer = self.answer().map(|answer| (answer, false));
        answer.ok_or_else(|| Failure::Broken("the connection was closed before the answer".into()))
    }

    fn answer(&mut self) -> Option<Answer> {
        let Head { status, headers, .. } = self.head.take()?;
        let body = std::mem::take(&mut self.body).into();
        Some(Answer { status, headers, body, is_aftermath: false })
    }

    fn broken(&self, error: &io::Error) -> Failure {
        let error = plain(self.unsent.as_ref().unwrap_or(error));
        Failure::Broken(match &self.head {
            Some(_) => format!("the answer broke off: {error}"),
            None => error,
        })
    }
}

fn malformed(cause: String) -> Failure {
    Failure::Broken(format!("the answer is malformed: {cause}"))
}
