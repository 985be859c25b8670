use std::collections::BTreeMap;

use super::outcome::{Execution, Reply};

/// SQLSTATEs after which a transaction is to be tried again: serialization failure and
/// deadlock.
const RETRY: [&str; 2] = ["40001", "40P01"];

/// What statements of a transaction that has failed already are answered.
const IN_FAILED: &str = "25P02";

/// Orders in which requests did not get through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// Orders in which there was one, of whatever kind.
    pub orders: usize,
    /// In how many orders there was one of a kind.
    pub by_kind: BTreeMap<Refusal, usize>,
}

/// A request that was answered 5xx or not at all, or 4xx after an error of the
/// database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// `None`: it was not answered.
    pub status: Option<u16>,
    /// The last error of its statements.
    pub sqlstate: Option<String>,
}

impl Refusals {
    pub(super) fn add(&mut self, execution: &Execution) {
        let mut kinds: Vec<Refusal> = Vec::new();
        for (request, reply) in execution.replies.iter().enumerate() {
            let kind = reply.as_ref().and_then(|reply| refusal(execution, request, reply));
            kinds.extend(kind.filter(|kind| !kinds.contains(kind)));
        }
        self.orders += usize::from(!kinds.is_empty());
        for kind in kinds {
            *self.by_kind.entry(kind).or_default() += 1;
        }
    }
}

impl Refusal {
    /// Whether the same request, sent once more, may well get through.
    pub fn is_to_be_retried(&self) -> bool {
        self.sqlstate.as_deref().is_some_and(|code| RETRY.contains(&code))
    }

    /// Whether the service did not decide it by itself: 4xx may be its answer to an
    /// error that it expects.
    pub fn is_failure(&self) -> bool {
        self.is_to_be_retried() || !matches!(self.status, Some(400..500))
    }
}

fn refusal(execution: &Execution, request: usize, reply: &Reply) -> Option<Refusal> {
    let status = match reply {
        Reply::Answered { status: 200..400, .. } => return None,
        Reply::Answered { status, .. } => Some(*status),
        Reply::Lost(_) => None,
    };
    let own = execution.steps.iter().filter(|step| step.request == request);
    let errors = own.flat_map(|step| &step.answered).filter_map(|it| it.error.as_ref());
    let sqlstate = errors.map(|error| error.code.clone()).rfind(|code| code != IN_FAILED);
    let is_refusal = sqlstate.is_some() || !matches!(status, Some(400..500));
    is_refusal.then_some(Refusal { status, sqlstate })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::step::{Answered, SqlError, Step};

    fn execution(replies: &[(u16, &[&str])]) -> Execution {
        let mut execution = Execution::default();
        for (request, (status, codes)) in replies.iter().enumerate() {
            let body = String::new();
            execution.replies.push(Some(Reply::Answered { status: *status, body }));
            for code in *codes {
                let error = SqlError { code: (*code).to_owned(), message: String::new() };
                let answered = vec![Answered { error: Some(error), ..Answered::default() }];
                execution.steps.push(Step { request, answered, ..Step::default() });
            }
        }
        execution
    }

    #[test]
    fn requests_that_did_not_get_through_are_counted_by_order_and_kind() {
        let mut refusals = Refusals::default();
        for replies in [
            &[(200, &[][..]), (500, &["40001", "25P02"])][..],
            &[(500, &["40001"]), (500, &["40001"])],
            &[(409, &["40P01"]), (503, &[])],
            // Tried again, with success; and refused by the service.
            &[(200, &["40001"]), (409, &[])],
        ] {
            refusals.add(&execution(replies));
        }
        assert_eq!(refusals.orders, 3);
        let kind = |status, code: Option<&str>| Refusal {
            status: Some(status),
            sqlstate: code.map(str::to_owned),
        };
        let expected = BTreeMap::from([
            (kind(409, Some("40P01")), 1),
            (kind(500, Some("40001")), 2),
            (kind(503, None), 1),
        ]);
        assert_eq!(refusals.by_kind, expected);
    }

    #[test]
    fn what_is_not_answered_did_not_get_through() {
        let mut lost = execution(&[(200, &[])]);
        lost.replies[0] = Some(Reply::Lost("gone".to_owned()));
        let mut refusals = Refusals::default();
        refusals.add(&lost);
        let nothing = Refusal { status: None, sqlstate: None };
        assert_eq!(refusals.by_kind, BTreeMap::from([(nothing, 1)]));
    }
}
