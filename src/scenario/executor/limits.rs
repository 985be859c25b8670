use std::time::Duration;

/// Virtual users of one workload.
pub const MOST_VUS: i128 = 100_000;
/// Targets and rates: what is more than this in a time unit is a slip of the pen.
pub(super) const MOST_RATE: i128 = 1_000_000_000;
/// More starts a second than any machine makes; the clock they are spaced by
/// would have no time for anything else.
pub(super) const MOST_A_SECOND: u128 = 1_000_000;
pub(in super::super) const MAX_DURATION: Duration = Duration::from_secs(10 * 60);
pub(in super::super) const GRACEFUL_STOP: Duration = Duration::from_secs(30);
pub(in super::super) const GRACEFUL_RAMP_DOWN: Duration = Duration::from_secs(30);
pub(super) const TIME_UNIT: Duration = Duration::from_secs(1);
