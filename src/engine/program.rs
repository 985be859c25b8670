//! What virtual users do: the seam between the engine and what it drives, the
//! operations of a file or the functions of a script.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::{Request, Uri};

use super::{Answer, Planned, Prepared, Standing, Stopped, Vu};
use crate::model::{AccountId, Amount, Outcome, without_credentials};

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a run does, from the first step to the last.
pub trait Program: Send + Sync {
    /// Runs once, before the first iteration. The error is shown to a person.
    fn setup<'a>(&'a self, _vu: &'a Arc<Vu>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    /// What the virtual user iterates.
    fn behaviour(&self, vu: &Arc<Vu>) -> Result<Box<dyn Behaviour>, String>;

    /// The operations of the scenario file, where there is one.
    fn planned(&self) -> Option<&Planned> {
        None
    }

    /// Hooks of one virtual user around the operations of the file.
    fn hooks(&self) -> Option<Arc<dyn Hooks>> {
        None
    }

    /// Runs once, after the last iteration.
    fn teardown<'a>(&'a self, _vu: &'a Arc<Vu>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    /// Runs once, when the balances were read, unless the run was cut short. What
    /// is not as it should be goes out as checks that count.
    fn verify<'a>(&'a self, _vu: &'a Arc<Vu>, _run: &'a Outturn) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Outturn {
    /// Balances read before the first operation.
    pub initial: BTreeMap<AccountId, Amount>,
    /// Balances read when all was quiet; without those that could not be read.
    pub balances: BTreeMap<AccountId, Amount>,
    pub standing: Standing,
    /// From the first iteration to the last.
    pub elapsed: Duration,
}

/// The iterations of one virtual user.
pub trait Behaviour: Send {
    /// Runs iteration `number`: counted over the workload where iterations come
    /// from a common pot, else within the virtual user.
    fn iterate<'a>(&'a mut self, vu: &'a Arc<Vu>, number: u64) -> BoxFuture<'a, Result<(), Cut>>;
}

/// Why an iteration did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The time was up.
    Stopped,
    /// The script failed; the text names file and line.
    Error(String),
}

impl From<Stopped> for Cut {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// A request as a hook sees it, and may change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireRequest {
    pub method: String,
    /// Path and query on the target.
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Bytes,
}

/// How an operation ended, as a hook sees it.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    pub outcome: Outcome,
    pub took: Duration,
}

/// A script's say in the operations of a file. An error ends the iteration.
pub trait Hooks: Send + Sync {
    fn before_request<'a>(
        &'a self,
        vu: &'a Arc<Vu>,
        prepared: &'a Prepared,
        request: WireRequest,
    ) -> BoxFuture<'a, Result<WireRequest, Cut>>;

    fn after_response<'a>(
        &'a self,
        vu: &'a Arc<Vu>,
        prepared: &'a Prepared,
        request: &'a WireRequest,
        answer: &'a Answer,
        ended: Ended,
    ) -> BoxFuture<'a, Result<(), Cut>>;
}

impl WireRequest {
    /// The error names the part that HTTP does not allow.
    pub fn into_request(self) -> Result<Request<Bytes>, String> {
        let is_elsewhere = self.path.parse::<Uri>().is_ok_and(|uri| uri.authority().is_some());
        if is_elsewhere {
            let path = without_credentials(&self.path);
            return Err(format!("`{path}` is no path of the target, where operations go"));
        }
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(self.body).map_err(|error| {
            format!("{} {} is not a valid request: {error}", self.method, self.path)
        })
    }
}
