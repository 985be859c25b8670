use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_util::sync::CancellationToken;

use crate::report::live::{Board, Change, Cursor};

/// Between two looks at the board.
const INTERVAL: Duration = Duration::from_millis(250);
/// A quiet stream says that it is alive; otherwise nobody notices that the other
/// end is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Server-sent events, as the standard of HTML has them.
#[derive(Debug)]
pub(super) struct Events(mpsc::Receiver<Bytes>);

impl Events {
    /// First that event, then what changes on the board. The board is looked at
    /// when the last events have been taken: a slow page gets fewer of them, not
    /// later ones. They take up `room` until the page is gone.
    pub(super) fn of(
        board: Arc<Board>,
        first: &Value,
        ending: CancellationToken,
        room: OwnedSemaphorePermit,
    ) -> Self {
        let (send, receive) = mpsc::channel(1);
        // The client reconnects soon.
        let hello = format!("retry: 1000\n{}", event("state", first));
        tokio::spawn(async move {
            follow(board, hello, send, ending).await;
            drop(room);
        });
        Self(receive)
    }
}

async fn follow(
    board: Arc<Board>,
    hello: String,
    send: mpsc::Sender<Bytes>,
    ending: CancellationToken,
) {
    let mut cursor = Cursor::default();
    let mut text = hello;
    let mut quiet = Duration::ZERO;
    loop {
        // Seen before the last look, so that nothing comes after it.
        let is_last = ending.is_cancelled();
        for change in board.changes(&mut cursor) {
            text += &match change {
                Change::Run(view) => event("run", &view),
                Change::Points(news) => event("points", &news),
                Change::Gone(id) => event("gone", &id.into()),
                Change::Busy(busy) => event("busy", &busy.into()),
            };
        }
        if is_last {
            text += &event("bye", &Value::Null);
        } else if text.is_empty() && quiet >= KEEP_ALIVE {
            text = ":\n\n".to_owned();
        }
        quiet += INTERVAL;
        if !text.is_empty() {
            quiet = Duration::ZERO;
            if send.send(std::mem::take(&mut text).into()).await.is_err() {
                return;
            }
        }
        if is_last {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = ending.cancelled() => {}
            () = send.closed() => return,
        }
    }
}

/// JSON has no line breaks of its own.
fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
