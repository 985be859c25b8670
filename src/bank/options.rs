use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use super::http::Access;
use super::share::Share;
use crate::bank::ledger::{Gate, Mode, Window};
use crate::model::Pause;

/// How a bank behaves. The defaults suit a built-in server.
#[derive(Clone, Debug)]
pub struct BankOptions {
    /// Where to listen; by default a free port on the loopback interface.
    pub listen: SocketAddr,
    /// Who may reset the accounts and read the metrics; by default whoever is on
    /// this machine.
    pub access: Access,
    /// By default robust.
    pub mode: Mode,
    /// The pause between an update's read and its write; by default 1 ms.
    pub race_window: Pause,
    /// Stands in the place of the race window, when there is one.
    pub gate: Option<Gate>,
    /// The share of acknowledgements that is lost: the update is committed, and
    /// then the connection is closed without an answer. By default none.
    pub lose_answers: Share,
    /// The same seed loses the same ones; by default 1.
    pub lose_answers_seed: u64,
    /// The most database connections open at once; by default as many as suit
    /// the race window, see [`Self::connections`].
    pub pool_size: Option<NonZeroU32>,
    /// How long a request waits for the database, in sum: for a connection, and
    /// for the answers to its statements, waiting for locks included. Then it is
    /// answered 503, and nothing was applied. COMMIT is given as much once more.
    /// By default 5 s.
    pub acquire_timeout: Duration,
    /// The most connections of clients; whoever comes beyond is answered 503. By
    /// default 16384.
    pub max_connections: usize,
    /// How long a connection may be idle before it is closed; by default 60 s.
    pub idle_timeout: Duration,
    /// How long a client may take for the head of a request once it has begun
    /// it; by default 10 s.
    pub header_timeout: Duration,
    /// The largest head of a request, in bytes; by default 16 KiB.
    pub header_limit: usize,
    /// The most headers of a request; by default 100.
    pub max_headers: usize,
    /// How long a client may take for the body of a request, and for taking in
    /// any part of an answer; by default 10 s.
    pub body_timeout: Duration,
    /// The largest body read, in bytes; by default 1 MiB.
    pub body_limit: usize,
    /// The memory for all bodies and answers under way, the small ones apart, in
    /// bytes: who would need more is answered 503. By default 256 MiB.
    pub memory_limit: usize,
    /// How long a request may take in all, the race window included, before it
    /// is given up; by default 60 s.
    pub request_timeout: Duration,
    /// How long a shutdown waits for requests in flight; by default 10 s.
    pub drain_timeout: Duration,
}

impl BankOptions {
    /// As many headers cost nothing to be ready for.
    pub(super) const USUAL_HEADERS: usize = 100;

    /// How many database connections it may open.
    ///
    /// With a race window they stand still most of the time, and 32 are wanted;
    /// two servers can still share one PostgreSQL with its default of 100.
    /// Without one each of them is at work all the time, and more than a few for
    /// each processor are in each other's way: all that wait for a row are woken
    /// by each update of it. `docs/performance.md` has the measurement.
    pub fn connections(&self) -> NonZeroU32 {
        const FEWEST: NonZeroU32 = NonZeroU32::new(8).expect("not zero");
        const MOST: NonZeroU32 = NonZeroU32::new(32).expect("not zero");
        const PER_PROCESSOR: NonZeroU32 = NonZeroU32::new(6).expect("not zero");
        match (self.pool_size, self.window()) {
            (Some(given), _) => given,
            (None, Window::None) => {
                let processors = std::thread::available_parallelism().ok();
                let processors = processors.and_then(|number| number.try_into().ok());
                PER_PROCESSOR
                    .saturating_mul(processors.unwrap_or(NonZeroU32::MIN))
                    .clamp(FEWEST, MOST)
            }
            (None, Window::Pause(_) | Window::Gate(_)) => MOST,
        }
    }

    pub(super) fn window(&self) -> Window {
        match &self.gate {
            Some(gate) => Window::Gate(gate.clone()),
            None => self.race_window.into(),
        }
    }
}

impl Default for BankOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            access: Access::default(),
            mode: Mode::default(),
            race_window: Pause::fixed(Duration::from_millis(1)),
            gate: None,
            lose_answers: Share::NONE,
            lose_answers_seed: 1,
            pool_size: None,
            acquire_timeout: Duration::from_secs(5),
            max_connections: 16 * 1024,
            idle_timeout: Duration::from_secs(60),
            header_timeout: Duration::from_secs(10),
            header_limit: 16 * 1024,
            max_headers: Self::USUAL_HEADERS,
            body_timeout: Duration::from_secs(10),
            body_limit: 1024 * 1024,
            memory_limit: 256 * 1024 * 1024,
            request_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_connections_as_suit_the_race_window() {
        let connections = |options: BankOptions| options.connections().get();
        assert_eq!(connections(BankOptions::default()), 32);
        let race_window = Pause::NONE;
        let busy = connections(BankOptions { race_window, ..Default::default() });
        assert!((8..=32).contains(&busy), "{busy}");
        let gate = Some(Gate::new(async || {}));
        assert_eq!(connections(BankOptions { race_window, gate, ..Default::default() }), 32);
        let pool_size = NonZeroU32::new(3);
        assert_eq!(connections(BankOptions { race_window, pool_size, ..Default::default() }), 3);
    }
}
