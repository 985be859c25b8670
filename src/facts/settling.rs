use std::time::Duration;

use serde::Serialize;

/// The balances disagreed with the answers when all was quiet, and were read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Settling {
    /// From the first reading to the last.
    #[serde(rename = "waited_s", serialize_with = "seconds")]
    pub waited: Duration,
    /// Whether they agreed in the end.
    pub agreed: bool,
}

fn seconds<S: serde::Serializer>(waited: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(waited.as_secs_f64())
}
