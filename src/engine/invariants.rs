//! Looks at the invariants of a scenario while the run goes on, and after it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::books::{Accounts, Books};
use super::{Client, Clock, Stop};
use crate::facts::{self, Event};
use crate::model::{AccountId, Amount, Scale};
use crate::scenario::Invariant;
use crate::template::{BALANCES, Dice, Place, Scope, from_json};

/// Accounts shown with an invariant that does not hold.
const SHOWN: usize = 6;

/// The invariants of a run and what they are judged by.
#[derive(Clone)]
pub(super) struct Watch {
    pub(super) invariants: Vec<Invariant>,
    pub(super) books: Books,
    pub(super) initial: Accounts,
}

impl Watch {
    /// Looks again and again until the run ends. Several accounts are looked at
    /// only where one request reads them all: separate reads are no instant.
    pub(super) async fn look(
        self,
        mut client: Client,
        clock: Clock,
        stop: Stop,
        emit: impl Fn(Event),
    ) {
        let Some(every) = self.invariants.iter().map(|invariant| invariant.every).min() else {
            return;
        };
        let accounts: BTreeSet<AccountId> = self.initial.keys().cloned().collect();
        if accounts.len() > 1 && !self.books.can_read_all() {
            return;
        }
        let mut due = vec![Duration::ZERO; self.invariants.len()];
        loop {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = stop.halted() => return,
            }
            // Of a service that does not answer others will tell.
            let Ok(mut all) = self.books.read_at_once(&mut client, &accounts).await else {
                continue;
            };
            all.retain(|account, _| accounts.contains(account));
            if all.len() < accounts.len() {
                continue;
            }
            let now = clock.now();
            for (invariant, due) in self.invariants.iter().zip(&mut due) {
                if *due <= now {
                    *due = now + invariant.every;
                    emit(self.judge(invariant, &all, now));
                }
            }
        }
    }

    /// One look at each, by balances that were read when all was quiet.
    pub(super) fn look_last(&self, balances: &Accounts, now: Duration, emit: impl Fn(Event)) {
        // What could not be read is told elsewhere, and proves nothing here.
        if self.initial.keys().all(|account| balances.contains_key(account)) {
            self.invariants.iter().for_each(|invariant| emit(self.judge(invariant, balances, now)));
        }
    }

    fn judge(&self, invariant: &Invariant, balances: &Accounts, time: Duration) -> Event {
        let scope = Scope::new(
            Place::default(),
            Dice::new(fastrand::Rng::with_seed(0)),
            &self.books.globals,
        );
        let total =
            |accounts: &Accounts| accounts.values().map(|balance| i128::from(*balance)).sum();
        let total_now: i128 = total(balances);
        let scale = self.books.scale;
        scope.set("total", number(total_now, scale));
        scope.set("initial_total", number(total(&self.initial), scale));
        scope.set(BALANCES, object(balances, scale));
        scope.set("initial", object(&self.initial, scale));
        let (held, seen) = match invariant.that.value(&Arc::new(scope)) {
            Ok(value) => (value.is_true(), seen(total_now, balances, scale)),
            Err(cause) => (false, cause),
        };
        let (name, seen) = (invariant.name.clone(), seen.into());
        Event::Invariant(facts::Invariant { name, time, held, seen })
    }
}

/// As the expressions of a file have it.
fn number(amount: i128, scale: Scale) -> crate::template::Value {
    match Amount::try_from(amount) {
        Ok(amount) => from_json(scale.to_json(amount)),
        Err(_) => scale.shown(amount).to_string().into(),
    }
}

fn object(accounts: &Accounts, scale: Scale) -> crate::template::Value {
    let one = |(name, balance): (&_, &_)| (ToString::to_string(name), scale.to_json(*balance));
    let fields = accounts.iter().map(one);
    from_json(serde_json::Value::Object(fields.collect()))
}

/// `total 2990; 1: 990, 2: 1000, 3: 1000`
fn seen(total: i128, balances: &Accounts, scale: Scale) -> String {
    let shown = balances
        .iter()
        .take(SHOWN)
        .map(|(name, balance)| format!("{name}: {}", scale.shown(*balance)));
    let mut text =
        format!("total {}; {}", scale.shown(total), shown.collect::<Vec<_>>().join(", "));
    if balances.len() > SHOWN {
        text += &format!(" and {} more", balances.len() - SHOWN);
    }
    text
}
