//! `--out prometheus`: metrics are pushed while runs go on. Whatever an endpoint
//! does, the runs neither wait for it nor fail by it.

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::task::JoinSet;

use super::args::RunArgs;
use super::out_spec::{Endpoint, OutSpec};
use super::output::eprint;
use super::transport::proxies;
use crate::engine::{Client, Stop, Transport};
use crate::facts::Metrics;
use crate::model::{is_harmless, parse_duration};
use crate::report::WorkloadInfo;
use crate::report::prometheus::{ExtraGauge, Observed, RunLabels, WriteRequest};
use crate::scenario::{HttpAuth, HttpOptions};
use crate::verdict::{Conclusion, Verdict};

/// How often metrics are pushed, where nothing is said.
const INTERVAL: Duration = Duration::from_secs(5);
const SHORTEST: Duration = Duration::from_millis(100);
/// How long a connection and an answer may each take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the last pushes may take when all runs are over.
const LAST: Duration = Duration::from_secs(3);
/// Pushes that wait for a slow endpoint; then the oldest are lost. Counters only
/// grow, so that the next one makes up for them.
const WAITING: usize = 8;
/// Characters shown of what an endpoint says.
const SHOWN: usize = 200;

/// The endpoints of a command, each with a task that delivers.
#[derive(Debug)]
pub(super) struct Push {
    pushes: Option<Sender<Arc<WriteRequest>>>,
    pushed: Arc<AtomicU64>,
    interval: Duration,
    ends_series: bool,
    deliveries: Vec<Arc<Delivery>>,
    tasks: JoinSet<()>,
}

/// How it goes with one endpoint.
#[derive(Debug)]
struct Delivery {
    endpoint: Endpoint,
    delivered: AtomicU64,
    /// Why the last one that failed did.
    error: Mutex<Option<String>>,
}

/// What one run pushes.
#[derive(Clone, Debug, Default)]
pub(super) struct Feed {
    pushes: Option<Sender<Arc<WriteRequest>>>,
    pushed: Arc<AtomicU64>,
    interval: Duration,
    ends_series: bool,
    labels: RunLabels,
    workloads: Arc<[WorkloadInfo]>,
    due: Option<Instant>,
}

impl Push {
    /// Reads `BANKRUN_PROMETHEUS_*`. The error is for a person.
    pub(super) fn start(args: &RunArgs) -> Result<Self, String> {
        let endpoints: Vec<&Endpoint> = args
            .outputs()
            .filter_map(|spec| match spec {
                OutSpec::Prometheus(endpoint) => Some(endpoint),
                OutSpec::Samples { .. } => None,
            })
            .collect();
        let mut push = Self {
            pushes: None,
            pushed: Arc::default(),
            interval: INTERVAL,
            ends_series: false,
            deliveries: Vec::new(),
            tasks: JoinSet::new(),
        };
        if endpoints.is_empty() {
            return Ok(push);
        }
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        push.interval = interval(variable("BANKRUN_PROMETHEUS_INTERVAL"))?;
        push.ends_series =
            variable("BANKRUN_PROMETHEUS_STALE_MARKERS").is_some_and(|value| value == "true");
        let options = HttpOptions {
            auth: variable("BANKRUN_PROMETHEUS_TOKEN").map(HttpAuth::Bearer),
            redirects: 0,
            cookies: false,
            ..HttpOptions::default()
        };
        let transport = Transport::new(&options, args.tls.read()?, proxies(), None)
            .map_err(|error| format!("BANKRUN_PROMETHEUS_TOKEN: {error}"))?;
        let (pushes, _) = channel(WAITING);
        for endpoint in endpoints {
            let client = transport.client(endpoint.target.clone(), PATIENCE);
            let delivery = Arc::new(Delivery {
                endpoint: endpoint.clone(),
                delivered: AtomicU64::new(0),
                error: Mutex::new(None),
            });
            push.deliveries.push(delivery.clone());
            push.tasks.spawn(delivery.deliver(client, pushes.subscribe()));
        }
        push.pushes = Some(pushes);
        Ok(push)
    }

    /// For one run.
    pub(super) fn feed(&self, labels: RunLabels, workloads: Vec<WorkloadInfo>) -> Feed {
        Feed {
            pushes: self.pushes.clone(),
            pushed: self.pushed.clone(),
            interval: self.interval,
            ends_series: self.ends_series,
            labels,
            workloads: workloads.into(),
            due: None,
        }
    }

    /// Waits a little for what is still to be delivered, and tells what was not.
    pub(super) async fn finish(mut self, stop: &Stop) {
        self.pushes = None;
        let delivered = async { while self.tasks.join_next().await.is_some() {} };
        tokio::select! {
            _ = tokio::time::timeout(LAST, delivered) => {}
            () = stop.halted() => {}
        }
        let pushed = self.pushed.load(Ordering::Relaxed);
        for delivery in &self.deliveries {
            let lost = pushed.saturating_sub(delivery.delivered.load(Ordering::Relaxed));
            if lost > 0 {
                let error = delivery.error.lock().unwrap_or_else(PoisonError::into_inner).take();
                let why = error.unwrap_or_else(|| "it was too slow".to_owned());
                let endpoint = &delivery.endpoint;
                eprint(&format!(
                    "{lost} of {pushed} pushes of metrics did not reach {endpoint}: {why}\n"
                ));
            }
        }
    }
}

impl Feed {
    /// Pushes, if it is time to.
    pub(super) fn tick(&mut self, metrics: &Metrics) {
        let now = Instant::now();
        if self.pushes.is_some() && self.due.is_none_or(|due| due <= now) {
            self.due = Some(now + self.interval);
            self.push(self.request(metrics, &[]));
        }
    }

    /// Pushes what came out.
    pub(super) fn last(&self, metrics: &Metrics, verdict: &Verdict) {
        if self.pushes.is_none() {
            return;
        }
        let [missing, surplus] = ExtraGauge::money(verdict.missing(), verdict.surplus());
        let conclusion = ExtraGauge {
            name: "verdict",
            help: "1 for what the run came to.",
            labels: vec![("conclusion", word(verdict.conclusion).to_owned())],
            value: 1.0,
        };
        let request = self.request(metrics, &[missing, surplus, conclusion]);
        let end = self.ends_series.then(|| request.ended());
        self.push(request);
        end.into_iter().for_each(|end| self.push(end));
    }

    fn request(&self, metrics: &Metrics, gauges: &[ExtraGauge]) -> WriteRequest {
        let Self { labels, workloads, .. } = self;
        let run = Observed { labels, workloads, metrics, gauges };
        WriteRequest::of(&[run], SystemTime::now())
    }

    fn push(&self, request: WriteRequest) {
        if let Some(pushes) = &self.pushes {
            self.pushed.fetch_add(1, Ordering::Relaxed);
            // An error says that nobody listens any more; it is told at the end.
            let _ = pushes.send(Arc::new(request));
        }
    }
}

impl Delivery {
    async fn deliver(self: Arc<Self>, mut client: Client, mut pushes: Receiver<Arc<WriteRequest>>) {
        loop {
            match pushes.recv().await {
                Ok(request) => match self.send(&mut client, &request).await {
                    Ok(()) => {
                        self.delivered.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(why) => self.failed(why),
                },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Tells the first failure at once.
    fn failed(&self, why: String) {
        let mut error = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        if error.is_none() {
            let endpoint = &self.endpoint;
            eprint(&format!("metrics do not reach {endpoint}: {why}; the run goes on\n"));
        }
        *error = Some(why);
    }

    /// Twice, if need be: a connection may have been closed meanwhile.
    async fn send(&self, client: &mut Client, request: &WriteRequest) -> Result<(), String> {
        let body = Bytes::from(request.body());
        let (version, number) = WriteRequest::VERSION;
        let post = || {
            hyper::Request::post(self.endpoint.path.as_str())
                .header(CONTENT_TYPE, WriteRequest::CONTENT_TYPE)
                .header(CONTENT_ENCODING, WriteRequest::CONTENT_ENCODING)
                .header(version, number)
                .body(body.clone())
                .map_err(|error| error.to_string())
        };
        let answer = match client.send_here(post()?).await {
            Ok(answer) => answer,
            Err(_) => client.send_here(post()?).await.map_err(|error| error.to_string())?,
        };
        match answer.status {
            200..300 => Ok(()),
            status => Err(format!("it answers {status}{}", said(&answer.body))),
        }
    }
}

fn word(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Pass => "pass",
        Conclusion::Inconclusive => "inconclusive",
        Conclusion::Fail => "fail",
    }
}

/// The first line of what an endpoint says.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]);
    let line = text.lines().next().unwrap_or_default().trim();
    let line: String = line.chars().filter(|char| is_harmless(*char)).take(SHOWN).collect();
    if line.is_empty() { line } else { format!(" ({line})") }
}

fn interval(given: Option<String>) -> Result<Duration, String> {
    let Some(given) = given else { return Ok(INTERVAL) };
    parse_duration(&given).filter(|interval| *interval >= SHORTEST).ok_or_else(|| {
        format!("BANKRUN_PROMETHEUS_INTERVAL is `{given}`; expected a length of time such as 5s, and 100ms at least")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_lengths_of_time() {
        let read = |text: &str| interval(Some(text.to_owned()));
        assert_eq!(read("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(interval(None), Ok(INTERVAL));
        for text in ["0", "1ms", "often", "-5s"] {
            assert!(read(text).is_err_and(|error| error.contains(text)), "{text}");
        }
    }

    #[test]
    fn of_what_an_endpoint_says_one_line_is_shown() {
        assert_eq!(said(b""), "");
        assert_eq!(said(b"out of \x1b[31morder\nsample"), " (out of [31morder)");
        assert_eq!(said(&[b'x'; 5000]).chars().count(), SHOWN + 3);
    }
}
