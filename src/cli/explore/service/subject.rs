use super::state::ServiceState;
use crate::cli::explore::senders::Senders;
use crate::explore::{Reply, State, Subject};

/// A service behind the proxy.
pub(super) struct ServiceSubject<'a> {
    pub(super) senders: Senders,
    pub(super) state: &'a mut ServiceState,
}

impl Subject for ServiceSubject<'_> {
    fn requests(&self) -> usize {
        self.senders.count()
    }

    fn send(&mut self, request: usize) -> impl Future<Output = Reply> + Send + 'static {
        self.senders.send(request)
    }

    async fn reset(&mut self) -> Result<(), String> {
        self.state.reset().await
    }

    async fn read(&mut self) -> Result<State, String> {
        self.state.read().await
    }

    fn abandon(&mut self) {
        self.senders.renew();
    }
}
