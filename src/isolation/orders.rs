use super::spec::{Order, Spec, StepId};

/// How many orders there are of sessions with `steps` steps each: the multinomial
/// coefficient. Saturates at `u128::MAX`.
pub fn interleavings(steps: &[usize]) -> u128 {
    let mut total: u128 = 0;
    let mut count: u128 = 1;
    for &of_session in steps {
        for step in 1..=of_session as u128 {
            total += 1;
            // Exact: count * total is a multiple of step at every point.
            let Some(product) = count.checked_mul(total) else { return u128::MAX };
            count = product / step;
        }
    }
    count
}

/// Every order of the steps of all sessions, each session's own in their order,
/// lexicographically by session.
#[derive(Clone, Debug)]
pub struct Interleavings {
    /// The session of each step to come next; `None`: there is no more.
    next: Option<Vec<usize>>,
}

impl Interleavings {
    pub fn of(spec: &Spec) -> Self {
        let sessions = spec.sessions.iter().enumerate();
        let first = sessions.flat_map(|(session, of)| vec![session; of.steps.len()]).collect();
        Self { next: Some(first) }
    }

    /// Leaves out all orders that begin like `order` does in its first `length` steps.
    pub fn skip_prefix(&mut self, order: &[StepId], length: usize) {
        let Some(next) = &self.next else { return };
        let prefix = order[..length].iter().map(|id| id.session);
        if !next[..length].iter().copied().eq(prefix) {
            return;
        }
        let mut last: Vec<usize> = next.clone();
        last[length..].sort_unstable_by(|a, b| b.cmp(a));
        self.next = successor(&mut last).then_some(last);
    }
}

impl Iterator for Interleavings {
    type Item = Order;

    fn next(&mut self) -> Option<Order> {
        let sessions = self.next.take()?;
        let mut following = sessions.clone();
        if successor(&mut following) {
            self.next = Some(following);
        }
        let mut taken = vec![0; sessions.iter().max().map_or(0, |last| last + 1)];
        let mut step = |session: usize| {
            taken[session] += 1;
            StepId { session, step: taken[session] - 1 }
        };
        Some(sessions.into_iter().map(&mut step).collect())
    }
}

/// The next arrangement in lexicographic order; `false`: this is the last one.
fn successor(items: &mut [usize]) -> bool {
    let Some(pivot) = items.windows(2).rposition(|pair| pair[0] < pair[1]) else { return false };
    let larger = items.iter().rposition(|item| *item > items[pivot]).unwrap_or(pivot);
    items.swap(pivot, larger);
    items[pivot + 1..].reverse();
    true
}

/// All orders of `items`, the given one first.
pub(super) fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    let mut places: Vec<usize> = (0..items.len()).collect();
    let mut all = Vec::new();
    loop {
        all.push(places.iter().map(|place| items[*place]).collect());
        if !successor(&mut places) {
            return all;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::spec::{Session, Step};
    use super::*;

    fn spec(steps: &[usize]) -> Spec {
        let session = |(index, count): (usize, &usize)| Session {
            name: format!("s{index}"),
            setup: None,
            steps: (0..*count)
                .map(|step| Step { name: format!("{index}{step}"), sql: String::new() })
                .collect(),
            teardown: None,
        };
        Spec { sessions: steps.iter().enumerate().map(session).collect(), ..Spec::default() }
    }

    #[test]
    fn every_order_comes_once() {
        for (steps, count) in [(&[2, 2][..], 6), (&[3, 3], 20), (&[2, 2, 2], 90), (&[1], 1)] {
            assert_eq!(interleavings(steps), count);
            let orders: Vec<Order> = Interleavings::of(&spec(steps)).collect();
            assert_eq!(orders.len() as u128, count);
            assert_eq!(orders.iter().collect::<BTreeSet<_>>().len() as u128, count);
            for order in &orders {
                for program in spec(steps).programs(order) {
                    assert!(program.is_sorted());
                }
            }
        }
        assert_eq!(interleavings(&[60, 60, 60, 60]), u128::MAX);
    }

    #[test]
    fn a_prefix_that_is_skipped_takes_its_orders_with_it() {
        let all: Vec<Order> = Interleavings::of(&spec(&[2, 2, 1])).collect();
        for length in 1..=5 {
            let mut orders = Interleavings::of(&spec(&[2, 2, 1]));
            let first = orders.next().expect("an order");
            orders.skip_prefix(&first, length);
            let rest: Vec<Order> = orders.collect();
            let expected = all[1..].iter().filter(|order| order[..length] != first[..length]);
            assert!(rest.iter().eq(expected), "{length}");
        }
    }

    #[test]
    fn permutations_are_all_there_are() {
        let all = permutations(&[4, 2, 7]);
        assert_eq!(all[0], [4, 2, 7]);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 6);
        assert_eq!(permutations(&[]), [Vec::<usize>::new()]);
    }
}
