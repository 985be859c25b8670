use super::schedule::{Candidate, Choice, Ended, Search, place_of};

/// One order that is given. Where the request that is due has nothing to do (it
/// waits for a lock, or is finished), the next one in the list is due; where the
/// list is over, whatever takes no switch comes next. So an order can be gone
/// through again after the service has been changed.
#[derive(Debug)]
pub struct Replay {
    order: Vec<usize>,
    at: usize,
    begun: bool,
}

impl Replay {
    pub fn new(order: Vec<usize>) -> Self {
        Self { order, at: 0, begun: false }
    }
}

impl Search for Replay {
    fn begin(&mut self) -> bool {
        self.at = 0;
        !std::mem::replace(&mut self.begun, true)
    }

    fn choose(&mut self, candidates: &[Candidate], last: Option<usize>) -> Choice {
        while let Some(due) = self.order.get(self.at) {
            self.at += 1;
            if let Some(index) = place_of(candidates, Some(*due)) {
                return Choice::Step(index);
            }
        }
        Choice::Step(place_of(candidates, last).unwrap_or(0))
    }

    fn end(&mut self, _how: Ended) {}

    fn pending(&self) -> usize {
        usize::from(!self.begun)
    }
}
