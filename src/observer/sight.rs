use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::queues::heads;
use super::rows::Seen;
use crate::facts::{Blocked, ConnectionGroup, DatabaseLook, Holder};

/// Rows kept of a look, whatever the number of connections.
const BLOCKED: usize = 32;
const BY: usize = 8;
const HOLDERS: usize = 8;
const GROUPS: usize = 16;

/// What the connections amount to.
pub(super) fn look(time: Duration, deadlocks: u64, seen: &[Seen]) -> DatabaseLook {
    let heads = heads(seen);
    let in_state = |states: &[&str]| {
        let of = |seen: &&Seen| seen.state.as_deref().is_some_and(|state| states.contains(&state));
        count(seen.iter().filter(of))
    };
    let waiting = || seen.iter().filter_map(|seen| seen.lock.as_ref());
    DatabaseLook {
        time,
        connections: count(seen.iter()),
        active: in_state(&["active", "fastpath function call"]),
        idle_in_transaction: in_state(&["idle in transaction", "idle in transaction (aborted)"]),
        waiting: count(waiting()),
        longest_wait: waiting().map(|lock| lock.waited).max().unwrap_or_default(),
        longest_statement: waiting().map(|lock| lock.statement).max().unwrap_or_default(),
        deadlocks,
        blocked: blocked(seen, &heads),
        holders: holders(seen, &heads),
        groups: groups(seen),
        hidden: count(seen.iter().filter(|seen| seen.state.is_none())),
    }
}

fn blocked(seen: &[Seen], heads: &BTreeMap<i32, i32>) -> Vec<Blocked> {
    let mut waiters: Vec<_> =
        seen.iter().filter_map(|seen| Some((seen, seen.lock.as_ref()?))).collect();
    waiters.sort_by_key(|(seen, lock)| (Reverse(lock.waited), seen.pid));
    let row = |(seen, lock): &(&Seen, &super::rows::Awaited)| Blocked {
        pid: seen.pid,
        by: lock.by.iter().copied().take(BY).collect(),
        ahead: count(lock.by.iter()),
        behind: heads.get(&seen.pid).copied(),
        waits_for: lock.kind.as_str().into(),
        waited: lock.waited,
        statement: lock.statement,
        query: seen.query.clone(),
    };
    waiters.iter().take(BLOCKED).map(row).collect()
}

fn holders(seen: &[Seen], heads: &BTreeMap<i32, i32>) -> Vec<Holder> {
    let mut held_up: BTreeMap<i32, u32> = BTreeMap::new();
    for head in heads.values() {
        *held_up.entry(*head).or_default() += 1;
    }
    let mut holders: Vec<Holder> = held_up
        .into_iter()
        .map(|(pid, holds_up)| {
            // One of another database, or without a connection, is not among them.
            let found = seen.iter().find(|seen| seen.pid == pid);
            Holder {
                pid,
                state: found.and_then(|seen| Some(seen.state.as_deref()?.into())),
                query: found.map_or_else(|| "".into(), |seen| seen.query.clone()),
                holds_up,
            }
        })
        .collect();
    holders.sort_by_key(|holder| (Reverse(holder.holds_up), holder.pid));
    holders.truncate(HOLDERS);
    holders
}

fn groups(seen: &[Seen]) -> Vec<ConnectionGroup> {
    let mut counts: BTreeMap<(&str, Option<&str>, Option<String>), u32> = BTreeMap::new();
    for seen in seen {
        let key = (&*seen.application, seen.state.as_deref(), waits_for(seen));
        *counts.entry(key).or_default() += 1;
    }
    let group = |((application, state, waits_for), count): ((&str, Option<&str>, _), u32)| {
        let waits_for: Option<String> = waits_for;
        let shared = |text: &str| -> Arc<str> { text.into() };
        ConnectionGroup {
            application: shared(application),
            state: state.map(shared),
            waits_for: waits_for.as_deref().map(shared),
            count,
        }
    };
    let mut groups: Vec<ConnectionGroup> = counts.into_iter().map(group).collect();
    groups.sort_by_key(|group| Reverse(group.count));
    groups.truncate(GROUPS);
    groups
}

/// A lock, or whatever else an active connection stands still for. All others
/// wait for their client, which goes without saying.
fn waits_for(seen: &Seen) -> Option<String> {
    if let Some(lock) = &seen.lock {
        return Some(format!("lock: {}", lock.kind));
    }
    let (kind, event) = seen.event.as_ref()?;
    (seen.state.as_deref() == Some("active")).then(|| format!("{kind}: {event}"))
}

fn count<T>(of: impl Iterator<Item = T>) -> u32 {
    u32::try_from(of.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observer::rows::Awaited;

    fn seen(pid: i32, state: Option<&str>) -> Seen {
        Seen {
            pid,
            application: "bank".into(),
            state: state.map(Into::into),
            event: None,
            query: format!("statement of {pid}").into(),
            lock: None,
        }
    }

    fn waits(pid: i32, kind: &str, millis: u64, by: &[i32]) -> Seen {
        let waited = Duration::from_millis(millis);
        let lock = Awaited { kind: kind.into(), waited, statement: waited * 2, by: by.to_vec() };
        Seen { lock: Some(lock), ..seen(pid, Some("active")) }
    }

    #[test]
    fn a_queue_on_one_row_is_seen_as_one() {
        let connections = [
            seen(70, Some("idle in transaction")),
            waits(71, "transactionid", 12, &[70]),
            waits(72, "tuple", 40, &[71]),
            waits(73, "tuple", 30, &[71, 72]),
            seen(74, Some("idle")),
            seen(75, None),
        ];
        let look = look(Duration::from_secs(1), 3, &connections);
        assert_eq!((look.connections, look.active, look.idle_in_transaction), (6, 3, 1));
        assert_eq!((look.waiting, look.hidden, look.deadlocks), (3, 1, 3));
        assert_eq!(look.longest_wait, Duration::from_millis(40));
        assert_eq!(look.longest_statement, Duration::from_millis(80));
        let rows: Vec<_> = look.blocked.iter().map(|row| (row.pid, row.behind)).collect();
        assert_eq!(rows, [(72, Some(70)), (73, Some(70)), (71, Some(70))]);
        let holder = &look.holders[0];
        assert_eq!((holder.pid, holder.holds_up, look.holders.len()), (70, 3, 1));
        assert_eq!(&*holder.query, "statement of 70");
        assert_eq!(look.groups[0].waits_for.as_deref(), Some("lock: tuple"));
        assert_eq!(look.groups[0].count, 2);
    }

    #[test]
    fn a_look_stays_small_whatever_there_is_to_see() {
        let mut connections: Vec<Seen> = (0..1000)
            .map(|pid| waits(pid, "tuple", 1, &(1000 + pid..1100 + pid).collect::<Vec<_>>()))
            .collect();
        for (index, seen) in connections.iter_mut().enumerate() {
            seen.application = format!("client {index}");
        }
        let look = look(Duration::ZERO, 0, &connections);
        assert_eq!((look.waiting, look.blocked.len(), look.holders.len()), (1000, 32, 8));
        let row = &look.blocked[0];
        assert_eq!((row.by.len(), row.ahead, look.groups.len()), (8, 100, 16));
    }
}
