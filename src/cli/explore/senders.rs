use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, Request};
use tokio::sync::Mutex;

use crate::engine::{Client, Target, Transport};
use crate::explore::Reply;

/// The requests that run together, and a client for each, so that none waits for
/// another.
pub(in crate::cli::explore) struct Senders {
    target: Target,
    transport: Transport,
    timeout: Duration,
    requests: Vec<Request<Bytes>>,
    clients: Vec<Arc<Mutex<Client>>>,
}

impl Senders {
    /// `timeout`: after which the scheduler says that a request hangs.
    pub(in crate::cli::explore) fn new(
        target: Target,
        requests: Vec<Request<Bytes>>,
        timeout: Duration,
    ) -> Self {
        let mut senders = Self {
            target,
            transport: Transport::default(),
            // Whether a request hangs is for the scheduler to say.
            timeout: 4 * timeout,
            requests,
            clients: Vec::new(),
        };
        senders.renew();
        senders
    }

    pub(in crate::cli::explore) fn count(&self) -> usize {
        self.requests.len()
    }

    pub(in crate::cli::explore) fn send(
        &self,
        request: usize,
    ) -> impl Future<Output = Reply> + Send + 'static {
        let client = self.clients[request].clone();
        let request = self.requests[request].clone();
        async move {
            let mut client = client.lock().await;
            match client.send(request).await {
                Ok(answer) => Reply::Answered {
                    status: answer.status,
                    body: String::from_utf8_lossy(&answer.body).into_owned(),
                },
                Err(error) => Reply::Lost(error.to_string()),
            }
        }
    }

    /// Asks for `/` without its content, which changes nothing, to see whether the service
    /// answers already. Any answer will do, and so will the end of the connection.
    pub(in crate::cli::explore) async fn probe(&self) {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::HEAD;
        let mut client = self.transport.client(self.target.clone(), self.timeout);
        drop(client.send_here(&request).await);
    }

    /// New clients; what those before have under way is given up.
    pub(in crate::cli::explore) fn renew(&mut self) {
        let client = || self.transport.client(self.target.clone(), self.timeout);
        self.clients = self.requests.iter().map(|_| Arc::new(Mutex::new(client()))).collect();
    }
}
