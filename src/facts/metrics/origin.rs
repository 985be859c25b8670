use crate::facts::{Tags, outcome_tag};
use crate::model::{Outcome, Selector};

/// Where a sample comes from, borrowed from its event: nothing is built for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    pub(super) tags: &'a Tags,
    /// What differs from answer to answer, of samples that one makes.
    pub(super) answer: Option<Answer>,
    /// The name of a check.
    pub(super) check: Option<&'a str>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// 0 without an answer, as in k6.
    pub(super) status: u16,
    /// Of an operation.
    pub(super) outcome: Option<Outcome>,
    pub(super) expected: bool,
}

/// One tag of a selector, read once and compared often.
#[derive(Clone, Debug)]
pub(super) struct Test {
    name: Box<str>,
    value: Box<str>,
    of_answer: OfAnswer,
}

/// What the test means where there is an answer.
#[derive(Clone, Copy, Debug)]
enum OfAnswer {
    /// `None`: no status is written like this.
    Status(Option<u16>),
    Outcome,
    ExpectedResponse,
    /// What it means elsewhere.
    Tag,
}

impl<'a> Origin<'a> {
    pub(super) fn of(tags: &'a Tags) -> Self {
        Self { tags, answer: None, check: None }
    }
}

impl Test {
    pub(super) fn all(selector: &Selector) -> Vec<Self> {
        selector.tags.iter().map(|(name, value)| Self::new(name, value)).collect()
    }

    fn new(name: &str, value: &str) -> Self {
        let of_answer = match name {
            "status" => OfAnswer::Status(value.parse().ok()),
            "outcome" => OfAnswer::Outcome,
            "expected_response" => OfAnswer::ExpectedResponse,
            _ => OfAnswer::Tag,
        };
        Self { name: name.into(), value: value.into(), of_answer }
    }

    pub(super) fn holds(&self, origin: &Origin<'_>) -> bool {
        let Some(answer) = origin.answer else {
            return match origin.check {
                Some(check) if &*self.name == "check" => check == &*self.value,
                _ => self.is_among(origin.tags),
            };
        };
        match self.of_answer {
            OfAnswer::Status(status) => status == Some(answer.status),
            OfAnswer::Outcome => answer.outcome.is_some_and(|is| outcome_tag(is) == &*self.value),
            OfAnswer::ExpectedResponse => {
                (if answer.expected { "true" } else { "false" }) == &*self.value
            }
            OfAnswer::Tag => self.is_among(origin.tags),
        }
    }

    fn is_among(&self, tags: &Tags) -> bool {
        tags.get(&self.name) == Some(&*self.value)
    }
}
