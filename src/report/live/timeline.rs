use std::time::Duration;

use serde_json::{Map, Value, json};

use super::point::{Point, State};
use crate::model::AccountId;

/// What happened when, in at most [`MOST`] points however long the run takes:
/// when there are so many, each two become one, twice as long.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    width: Duration,
    /// How often points were joined.
    generation: u32,
    /// They follow each other from time zero on; the last one is still open.
    points: Vec<Point>,
    waiting: Option<u64>,
}

const MOST: usize = 240;
const FINEST: Duration = Duration::from_millis(10);

impl Default for Timeline {
    fn default() -> Self {
        let first = Point::new(FINEST, FINEST, State::default());
        Self { width: FINEST, generation: 0, points: vec![first], waiting: None }
    }
}

impl Timeline {
    /// The point that holds that time, or the last one, if the time is past.
    /// `state` is how things stand until then.
    pub(super) fn at(&mut self, time: Duration, state: impl Fn() -> State) -> &mut Point {
        if time >= self.end() {
            let state = state();
            self.last().state = state.clone();
            while time >= self.end() {
                self.push(state.clone());
            }
        }
        self.last()
    }

    /// So many connections wait for a lock now.
    pub(super) fn look(&mut self, waiting: u64) {
        self.waiting = Some(waiting);
        let last = self.last();
        last.waiting = last.waiting.max(Some(waiting));
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    /// Nothing more happens. The last point may be too short to stand by itself.
    pub(super) fn close(&mut self, now: Duration) {
        let last = self.last();
        let begun = last.end.saturating_sub(last.length);
        last.end = now.clamp(begun, last.end);
        last.length = last.end - begun;
        if last.length * 2 < self.width
            && self.points.len() > 1
            && let Some(short) = self.points.pop()
        {
            self.last().join(short);
        }
    }

    /// How many points will not change any more, unless they are joined.
    pub(super) fn closed(&self) -> usize {
        self.points.len() - 1
    }

    /// Requests a second, lately: over the last second, or the last point where
    /// that is longer.
    pub(super) fn rate(&self, now: Duration) -> f64 {
        const LATELY: Duration = Duration::from_secs(1);
        let since = |point: &Point| now.saturating_sub(point.end.saturating_sub(point.length));
        let (mut requests, mut length) = (0, Duration::ZERO);
        for point in self.points.iter().rev() {
            requests += point.requests;
            length = since(point);
            if length >= LATELY {
                break;
            }
        }
        if length.is_zero() { 0.0 } else { requests as f64 / length.as_secs_f64() }
    }

    /// The points from that one on, in columns; `state` is how things stand now,
    /// and `accounts` are those it tells of. `now` is how far the last point has
    /// come.
    pub(super) fn columns(
        &self,
        from: usize,
        now: Duration,
        state: State,
        accounts: &[AccountId],
    ) -> Value {
        let mut points = self.points[from.min(self.points.len())..].to_vec();
        if let Some(last) = points.last_mut() {
            last.state = state;
            let begun = last.end - last.length;
            last.length = now.saturating_sub(begun).min(last.length);
            last.end = begun + last.length;
        }
        // A point that has only begun says nothing yet.
        let alone = points.len() == self.points.len() && points.len() == 1;
        points.retain(|point| alone || point.length * 2 >= self.width);
        columns(&points, accounts, self.generation, self.width)
    }

    fn end(&self) -> Duration {
        self.points.last().map_or(Duration::ZERO, |point| point.end)
    }

    #[expect(clippy::unwrap_used, reason = "there is always a point")]
    fn last(&mut self) -> &mut Point {
        self.points.last_mut().unwrap()
    }

    fn push(&mut self, state: State) {
        if self.points.len() == MOST {
            self.join();
        }
        let mut next = Point::new(self.end() + self.width, self.width, state);
        next.waiting = self.waiting;
        self.points.push(next);
    }

    fn join(&mut self) {
        self.generation += 1;
        self.width *= 2;
        let mut points = std::mem::take(&mut self.points).into_iter();
        while let Some(mut point) = points.next() {
            if let Some(next) = points.next() {
                point.join(next);
            }
            self.points.push(point);
        }
    }
}

fn columns(points: &[Point], accounts: &[AccountId], generation: u32, width: Duration) -> Value {
    fn column<T: Into<Value>>(points: &[Point], value: impl Fn(&Point) -> T) -> Value {
        points.iter().map(|point| value(point).into()).collect::<Vec<Value>>().into()
    }
    let mut columns = Map::new();
    let mut put = |name: &str, values: Value| columns.insert(name.to_owned(), values);
    put("generation", generation.into());
    put("interval_s", width.as_secs_f64().into());
    put("t", column(points, |point| rounded(point.end.as_secs_f64(), 1e6)));
    put("rps", column(points, |point| rounded(point.rate(), 10.0)));
    for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
        put(name, column(points, |point| point.quantile(share).map(|ms| rounded(ms, 1e3))));
    }
    put("ok", column(points, |point| point.outcomes.ok));
    put("rejected", column(points, |point| point.outcomes.rejected));
    put("failed", column(points, |point| point.outcomes.failed));
    put("unknown", column(points, |point| point.outcomes.unknown));
    put("vus", column(points, |point| point.state.vus));
    put("dropped", column(points, |point| point.dropped));
    put("missing", column(points, |point| point.state.missing));
    put("surplus", column(points, |point| point.state.surplus));
    put("waiting", column(points, |point| point.waiting));
    let accounts = accounts.iter().enumerate().map(|(index, account)| {
        let of = |point: &Point| point.state.accounts.get(index).copied().unwrap_or_default();
        json!({
            "account": account,
            "expected": column(points, |point| of(point).0),
            "actual": column(points, |point| of(point).1),
        })
    });
    put("accounts", accounts.collect());
    columns.into()
}

pub(super) fn rounded(value: f64, scale: f64) -> f64 {
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A request at each of these milliseconds.
    fn with_requests(at: impl Iterator<Item = u32>) -> Timeline {
        let mut timeline = Timeline::default();
        for ms in at {
            let state = || State { vus: ms, ..State::default() };
            timeline.at(ms * MS, state).requests += 1;
        }
        timeline
    }

    fn requests(timeline: &Timeline) -> u64 {
        timeline.points.iter().map(|point| point.requests).sum()
    }

    #[test]
    fn however_long_it_takes_it_stays_small_and_loses_nothing() {
        let timeline = with_requests(0..100_000);
        assert!((MOST / 2..=MOST).contains(&timeline.points.len()), "{}", timeline.points.len());
        assert_eq!(requests(&timeline), 100_000);
        assert_eq!((timeline.width, timeline.generation), (640 * MS, 6));
        let mut end = Duration::ZERO;
        for point in &timeline.points {
            assert_eq!((point.length, point.end), (timeline.width, end + timeline.width));
            end = point.end;
        }
        // One a millisecond.
        assert_eq!(timeline.rate(100_000 * MS), 1000.0);
    }

    #[test]
    fn a_point_keeps_how_things_stood_at_its_end() {
        let timeline = with_requests([1, 9, 11, 45].into_iter());
        let state = State { vus: 99, ..State::default() };
        let columns = timeline.columns(0, 46 * MS, state, &[]);
        assert_eq!(columns["vus"], json!([11, 45, 45, 45, 99]));
        assert_eq!(columns["t"], json!([0.01, 0.02, 0.03, 0.04, 0.046]));
        assert_eq!(columns["rps"], json!([200.0, 100.0, 0.0, 0.0, 166.7]));
        assert_eq!(columns["p50"], json!([null, null, null, null, null]));
        let since = timeline.columns(timeline.closed(), 46 * MS, State::default(), &[]);
        assert_eq!(since["t"], json!([0.046]));
    }

    #[test]
    fn a_point_that_has_only_begun_does_not_stand_by_itself() {
        let mut timeline = with_requests([5, 15, 21].into_iter());
        let times = |timeline: &Timeline, now: u32| {
            timeline.columns(0, now * MS, State::default(), &[])["t"].clone()
        };
        assert_eq!(times(&timeline, 22), json!([0.01, 0.02]));
        timeline.close(22 * MS);
        assert_eq!(times(&timeline, 22), json!([0.01, 0.022]));
        assert_eq!(requests(&timeline), 3);
        let mut short = with_requests([1].into_iter());
        short.close(2 * MS);
        assert_eq!(times(&short, 2), json!([0.002]));
    }

    #[test]
    fn what_comes_late_goes_into_the_last_point() {
        let timeline = with_requests([25, 3].into_iter());
        assert_eq!(timeline.points.last().map(|point| point.requests), Some(2));
    }

    #[test]
    fn a_look_at_the_database_holds_until_the_next() {
        let mut timeline = Timeline::default();
        timeline.look(3);
        timeline.look(9);
        timeline.look(4);
        timeline.at(25 * MS, State::default);
        timeline.look(0);
        let columns = timeline.columns(0, 26 * MS, State::default(), &[]);
        assert_eq!(columns["waiting"], json!([9, 4, 4]));
    }
}
