use serde::Serialize;

/// How an operation ended, as far as its caller can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Acknowledged: it happened.
    Ok,
    /// Refused by the service's own rules (insufficient funds): it did not happen.
    Rejected,
    /// Certainly did not happen, and not by a rule: connection refused, the
    /// bank's own 503, a request that never left.
    Failed,
    /// Nobody can say: timeout, reset, a 5xx after the request was sent.
    /// Neither counted as done nor as failed.
    Unknown,
}
