use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::sleep_until;

/// Wakes a task at an instant. The runtime's own timer counts in whole
/// milliseconds and rounds up, which would be added to every latency that is
/// measured from the intended start; a thread that sleeps is ten times closer.
#[derive(Debug)]
pub(super) struct Alarm {
    orders: Sender<Instant>,
    ringing: Arc<Notify>,
}

/// So far the runtime's timer is good enough.
const CLOSE: Duration = Duration::from_millis(5);

impl Alarm {
    /// Its thread ends when the alarm is dropped.
    pub(super) fn start() -> io::Result<Self> {
        let (orders, received) = channel();
        let ringing = Arc::new(Notify::new());
        let bell = ringing.clone();
        thread::Builder::new().name("alarm".to_owned()).spawn(move || ring(&received, &bell))?;
        Ok(Self { orders, ringing })
    }

    /// For one task at a time. It may be dropped before its time.
    pub(super) async fn until(&self, at: Instant) {
        if at.saturating_duration_since(Instant::now()) > CLOSE {
            sleep_until((at - CLOSE).into()).await;
        }
        if Instant::now() >= at || self.orders.send(at).is_err() {
            return;
        }
        // An earlier order that was given up may ring as well.
        while Instant::now() < at {
            self.ringing.notified().await;
        }
    }
}

/// Rings at the time of the last order.
fn ring(orders: &Receiver<Instant>, bell: &Notify) {
    while let Ok(mut at) = orders.recv() {
        loop {
            match orders.recv_timeout(at.saturating_duration_since(Instant::now())) {
                Ok(other) => at = other,
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        bell.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_rings_in_time_also_after_an_order_that_was_given_up() {
        let alarm = Alarm::start().expect("a thread");
        let began = Instant::now();
        let late = alarm.until(began + Duration::from_secs(3600));
        let given_up = tokio::time::timeout(Duration::from_millis(1), late).await;
        assert!(given_up.is_err());
        for millis in [2, 4, 30] {
            let at = began + Duration::from_millis(millis);
            alarm.until(at).await;
            assert!(Instant::now() >= at);
        }
        assert!(began.elapsed() < Duration::from_secs(600));
    }
}
