use std::collections::{BTreeMap, BTreeSet};

use super::request::Asked;
use crate::bank::ledger::error::LedgerError;
use crate::bank::store::{Connection, Operation, StoreError, StoredAnswer};

/// The keys of a batch, each of them taken by its transaction or known to have
/// been applied before.
#[derive(Debug, Default)]
pub(in crate::bank::ledger) struct Keys {
    states: BTreeMap<String, State>,
    repeats: u64,
}

#[derive(Debug)]
enum State {
    /// Taken, and not used yet.
    Free,
    /// Taken, and used by a member of this batch.
    Used(Operation),
    /// Applied before.
    Found(Operation),
}

impl Keys {
    /// Takes the keys of a batch, all at once and in one order, so that two
    /// servers never wait for each other. Nothing is asked where there are
    /// none.
    pub(in crate::bank::ledger) async fn claim(
        tx: &mut Connection,
        batch: &[Asked],
    ) -> Result<Self, StoreError> {
        let once = batch.iter().filter_map(|asked| asked.once.as_ref());
        let all: BTreeSet<&str> = once.map(|once| once.key()).collect();
        let mut keys = Self::default();
        let mut open: Vec<&str> = all.iter().copied().collect();
        // Between the two statements a reset may take a key away again.
        while !open.is_empty() {
            let taken = tx.claim_operations(&open).await?;
            let free = open.iter().filter(|key| !taken.iter().any(|other| other == *key));
            keys.states.extend(free.map(|key| ((*key).to_owned(), State::Free)));
            if taken.is_empty() {
                break;
            }
            let found = tx.find_operations(&taken).await?;
            keys.states.extend(found.into_iter().map(|(key, found)| (key, State::Found(found))));
            open.retain(|key| !keys.states.contains_key(*key));
        }
        Ok(keys)
    }

    /// The accounts of all that has not been applied before, by number.
    pub(in crate::bank::ledger) fn accounts_to_lock(&self, batch: &[Asked]) -> Vec<i64> {
        let found = |asked: &&Asked| {
            let once = asked.once.as_ref();
            let state = once.and_then(|once| self.states.get(once.key()));
            matches!(state, Some(State::Found(_)))
        };
        let open = batch.iter().filter(|asked| !found(asked));
        let accounts: BTreeSet<i64> = open.flat_map(|asked| asked.request.accounts()).collect();
        accounts.into_iter().collect()
    }

    /// Applies what has no key, or one that is free; anything else is answered
    /// as it was before, be it by another batch or earlier in this one. What is
    /// refused uses up no key.
    pub(in crate::bank::ledger) fn answer_once(
        &mut self,
        asked: &Asked,
        apply: impl FnOnce() -> Result<StoredAnswer, LedgerError>,
    ) -> Result<StoredAnswer, LedgerError> {
        let Some(once) = &asked.once else { return apply() };
        let state = self.states.get_mut(once.key());
        if let Some(State::Used(operation) | State::Found(operation)) = &state {
            let answer = once.answer(operation)?;
            self.repeats += 1;
            return Ok(answer);
        }
        let answer = apply()?;
        if let Some(state) = state {
            *state = State::Used(Operation { request: once.request().to_owned(), answer });
        }
        Ok(answer)
    }

    /// Puts the answers to the keys that were used, and gives back the others.
    pub(in crate::bank::ledger) async fn settle(
        &self,
        tx: &mut Connection,
    ) -> Result<(), StoreError> {
        let mut used = Vec::new();
        let mut free = Vec::new();
        for (key, state) in &self.states {
            match state {
                State::Used(operation) => used.push((key.as_str(), operation)),
                State::Free => free.push(key.as_str()),
                State::Found(_) => {}
            }
        }
        tx.answer_operations(&used).await?;
        tx.release_operations(&free).await
    }

    /// How many were answered as before.
    pub(in crate::bank::ledger) fn repeats(&self) -> u64 {
        self.repeats
    }
}
