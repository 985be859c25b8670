use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::rows::Seen;

/// For each that waits: who is at the end of the chain of those in its way, and
/// waits for nobody. Those in a circle have none.
pub(super) fn heads(seen: &[Seen]) -> BTreeMap<i32, i32> {
    let mut waiters = BTreeSet::new();
    let mut behind: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for connection in seen {
        let Some(lock) = &connection.lock else { continue };
        for by in &lock.by {
            waiters.insert(connection.pid);
            behind.entry(*by).or_default().push(connection.pid);
        }
    }
    let mut heads = BTreeMap::new();
    // From the heads backwards, so that everyone is told of the nearest one.
    let free = behind.keys().copied().filter(|pid| !waiters.contains(pid));
    let mut told: VecDeque<(i32, i32)> = free.map(|pid| (pid, pid)).collect();
    while let Some((pid, head)) = told.pop_front() {
        for waiter in behind.get(&pid).into_iter().flatten() {
            if !heads.contains_key(waiter) {
                heads.insert(*waiter, head);
                told.push_back((*waiter, head));
            }
        }
    }
    heads
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::observer::rows::Awaited;

    fn waits(pid: i32, by: &[i32]) -> Seen {
        let (kind, waited, statement) = ("tuple".into(), Duration::ZERO, Duration::ZERO);
        let lock = Awaited { kind, waited, statement, by: by.to_vec() };
        Seen {
            pid,
            application: String::new(),
            state: Some("active".into()),
            event: None,
            query: "".into(),
            lock: Some(lock),
        }
    }

    #[test]
    fn a_queue_has_one_head() {
        let seen = [waits(72, &[70]), waits(79, &[72]), waits(52, &[72, 79])];
        assert_eq!(heads(&seen), BTreeMap::from([(72, 70), (79, 70), (52, 70)]));
    }

    #[test]
    fn a_circle_has_none_and_who_waits_for_it_neither() {
        let seen = [waits(1, &[2]), waits(2, &[1]), waits(3, &[1]), waits(5, &[4])];
        assert_eq!(heads(&seen), BTreeMap::from([(5, 4)]));
    }

    #[test]
    fn who_was_let_through_meanwhile_is_a_head() {
        assert_eq!(heads(&[waits(1, &[])]), BTreeMap::new());
        assert_eq!(heads(&[waits(1, &[]), waits(2, &[1])]), BTreeMap::from([(2, 1)]));
    }
}
