//! Whether an operation is tried once more, and when: where the scenario asks
//! for it.

use std::time::{Duration, SystemTime};

use hyper::header::RETRY_AFTER;

use super::Answer;
use crate::model::Outcome;

/// The wait before the second attempt; before each further one it is longer by
/// the same.
const BACKOFF: Duration = Duration::from_millis(20);
/// A service that wants to be left alone for longer is not asked again.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long to wait before attempt number `next`, from 2. `None`: what came of the
/// one before is not worth another. `asked`: how long the service wants to be
/// left alone.
pub(super) fn wait_before(
    next: u32,
    outcome: Outcome,
    status: Option<u16>,
    asked: Option<Duration>,
) -> Option<Duration> {
    let is_worth_it = match outcome {
        Outcome::Unknown => true,
        // Not sent, or turned away for now: as curl has it.
        Outcome::Failed => {
            status.is_none_or(|status| matches!(status, 408 | 429 | 500 | 502 | 503 | 504))
        }
        Outcome::Ok | Outcome::Rejected => false,
    };
    let wait = asked.unwrap_or_default().max(BACKOFF * next.saturating_sub(1));
    (is_worth_it && wait <= LONGEST_WAIT).then_some(wait)
}

/// `Retry-After`, in seconds or as a date (RFC 9110, section 10.2.3).
pub(super) fn asked_for(answer: &Answer, now: SystemTime) -> Option<Duration> {
    let text = answer.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = httpdate::parse_http_date(text).ok()?;
    Some(then.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;

    use super::*;

    #[test]
    fn what_may_be_otherwise_next_time_is_worth_it() {
        let worth = |outcome, status| wait_before(2, outcome, status, None);
        assert_eq!(worth(Outcome::Unknown, Some(500)), Some(BACKOFF));
        assert_eq!(worth(Outcome::Unknown, None), Some(BACKOFF));
        for status in [None, Some(408), Some(429), Some(503)] {
            assert_eq!(worth(Outcome::Failed, status), Some(BACKOFF), "{status:?}");
        }
        for status in [400, 401, 404, 409, 422, 501] {
            assert_eq!(worth(Outcome::Failed, Some(status)), None, "{status}");
        }
        assert_eq!(worth(Outcome::Ok, Some(200)), None);
        assert_eq!(worth(Outcome::Rejected, Some(429)), None);
    }

    #[test]
    fn the_service_says_how_long() {
        let after = |seconds| {
            wait_before(3, Outcome::Failed, Some(429), Some(Duration::from_secs(seconds)))
        };
        assert_eq!(after(0), Some(BACKOFF * 2));
        assert_eq!(after(7), Some(Duration::from_secs(7)));
        assert_eq!(after(31), None);
        assert_eq!(after(u64::MAX), None);
    }

    #[test]
    fn seconds_and_dates_are_read() {
        let now = httpdate::parse_http_date("Sat, 28 Nov 2026 18:00:00 GMT").expect("a date");
        let asked = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().expect("a header"));
            let answer = Answer {
                status: 429,
                headers: headers.into(),
                body: "".into(),
                is_aftermath: false,
            };
            asked_for(&answer, now).map(|wait| wait.as_secs())
        };
        assert_eq!(asked("120"), Some(120));
        assert_eq!(asked("Sat, 28 Nov 2026 18:00:05 GMT"), Some(5));
        assert_eq!(asked("Sat, 28 Nov 2026 17:00:00 GMT"), Some(0));
        for text in ["", "soon", "-1", "1.5"] {
            assert_eq!(asked(text), None, "{text}");
        }
    }
}
