use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// Ends what takes too long. One timer serves all requests of a connection: it is
/// set anew when it goes off, and not for each of them.
#[derive(Debug, Default)]
pub(super) struct Patience {
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    /// What the future comes to; `None` if that takes longer than `limit`.
    pub(super) async fn within<T>(
        &mut self,
        limit: Duration,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        let mut future = pin!(future);
        let mut deadline = None;
        poll_fn(|cx| {
            if let Poll::Ready(done) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(done));
            }
            let deadline = *deadline.get_or_insert_with(|| after(limit));
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            if timer.deadline() > deadline {
                timer.as_mut().reset(deadline);
            }
            loop {
                match timer.as_mut().poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) if timer.deadline() >= deadline => return Poll::Ready(None),
                    // It was set for a request before this one.
                    Poll::Ready(()) => timer.as_mut().reset(deadline),
                }
            }
        })
        .await
    }
}

/// What cannot be told as a time is never.
fn after(limit: Duration) -> Instant {
    const FAR: Duration = Duration::from_hours(24 * 365);
    let now = Instant::now();
    now.checked_add(limit).unwrap_or(now + FAR)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::sleep;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn each_request_has_its_own_time() {
        let mut patience = Patience::default();
        assert_eq!(patience.within(LONG, ready(1)).await, Some(1));
        assert_eq!(patience.within(LONG, sleep(SHORT)).await, Some(()));
        // Shorter than what the timer is set for by now, and longer.
        let began = Instant::now();
        assert_eq!(patience.within(SHORT, pending::<()>()).await, None);
        assert!((SHORT..LONG).contains(&began.elapsed()), "{:?}", began.elapsed());
        assert_eq!(patience.within(SHORT, ready(1)).await, Some(1));
        assert_eq!(patience.within(LONG, sleep(3 * SHORT)).await, Some(()));
        assert_eq!(patience.within(Duration::MAX, sleep(SHORT)).await, Some(()));
        assert_eq!(patience.within(Duration::ZERO, pending::<()>()).await, None);
    }
}
