use std::convert::Infallible;
use std::fmt::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

use super::budget::Taken;
use crate::model::Amount;

/// What a request is answered with: a text, or balances that are written down piece
/// by piece as the client takes them.
#[derive(Debug)]
pub(crate) enum Answer {
    Text(Full<Bytes>),
    Accounts(Box<Accounts>),
}

/// `{"accounts":{"1":1000,"2":1000},"total":2000}`, for a million of them, too.
#[derive(Debug)]
pub(crate) struct Accounts {
    rows: std::vec::IntoIter<(i64, Amount)>,
    total: i128,
    part: Part,
    /// Bytes still to come.
    left: usize,
    _taken: Taken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Start,
    Rows,
    Over,
}

const START: &str = r#"{"accounts":{"#;

/// About as long is a piece, in bytes.
const PIECE: usize = 32 * 1024;

/// The longest row, with its comma: two numbers of 20 characters.
const ROW: usize = 44;

impl Accounts {
    /// With the memory that the rows are counted at.
    pub(super) fn new(rows: Vec<(i64, Amount)>, taken: Taken) -> Self {
        let total: i128 = rows.iter().map(|(_, balance)| i128::from(*balance)).sum();
        // Each row has two quotation marks and a colon, and a comma between two.
        let numbers: usize =
            rows.iter().map(|(id, balance)| width(*id) + width(*balance) + 3).sum();
        let commas = rows.len().saturating_sub(1);
        let left = START.len() + numbers + commas + end(total).len();
        Self { rows: rows.into_iter(), total, part: Part::Start, left, _taken: taken }
    }

    /// The next piece; `None` after the last.
    fn piece(&mut self) -> Option<Bytes> {
        if self.part == Part::Over {
            return None;
        }
        let mut piece = String::with_capacity(PIECE.min(self.left) + ROW);
        if self.part == Part::Start {
            piece.push_str(START);
        }
        while piece.len() < PIECE && self.part != Part::Over {
            match self.rows.next() {
                Some((id, balance)) => {
                    let comma = if self.part == Part::Rows { "," } else { "" };
                    self.part = Part::Rows;
                    // To a text it always works.
                    let _ = write!(piece, "{comma}\"{id}\":{balance}");
                }
                None => {
                    piece.push_str(&end(self.total));
                    self.part = Part::Over;
                }
            }
        }
        self.left = self.left.saturating_sub(piece.len());
        Some(piece.into())
    }
}

fn end(total: i128) -> String {
    format!("}},\"total\":{total}}}")
}

/// How many characters a number has.
fn width(number: i64) -> usize {
    let digits = number.unsigned_abs().checked_ilog10().map_or(1, |tens| tens as usize + 1);
    digits + usize::from(number < 0)
}

impl<T: Into<Bytes>> From<T> for Answer {
    fn from(text: T) -> Self {
        Self::Text(Full::new(text.into()))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Text(text) => Pin::new(text).poll_frame(cx),
            Self::Accounts(accounts) => {
                Poll::Ready(accounts.piece().map(|piece| Ok(Frame::data(piece))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Text(text) => text.is_end_stream(),
            Self::Accounts(accounts) => accounts.part == Part::Over,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Text(text) => text.size_hint(),
            Self::Accounts(accounts) => SizeHint::with_exact(accounts.left as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::super::budget::Budget;
    use super::*;

    #[tokio::test]
    async fn accounts_are_written_as_long_as_they_say() {
        let many: Vec<(i64, Amount)> = (0..10_000).map(|id| (id * id, 7 - id)).collect();
        let extremes = vec![(0, i64::MIN), (9, 0), (10, -1), (i64::MAX, i64::MAX), (99, 100)];
        for rows in [Vec::new(), vec![(1, 1000)], extremes, many] {
            let budget = Budget::new(0);
            let taken = budget.nothing();
            let answer = Answer::Accounts(Box::new(Accounts::new(rows.clone(), taken)));
            let length = answer.size_hint().exact().expect("a length");
            let text = answer.collect().await.expect("a text").to_bytes();
            assert_eq!(text.len() as u64, length, "{:.200?}", rows);
            let read: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
            let members = read["accounts"].as_object().expect("accounts");
            let members: Vec<(i64, Amount)> = members
                .iter()
                .map(|(id, balance)| {
                    (id.parse().expect("a number"), balance.as_i64().expect("a balance"))
                })
                .collect();
            assert_eq!(members, rows);
            let total: i128 = rows.iter().map(|(_, balance)| i128::from(*balance)).sum();
            assert_eq!(read["total"].to_string(), total.to_string());
        }
    }
}
