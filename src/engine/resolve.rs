//! Asks the service what became of an operation it never answered.

use std::sync::Arc;
use std::time::Duration;

use super::prepared::{Meaning, Prepared, Spoken};
use super::seen::Seen;
use super::vu::Unresolved;
use super::{Client, Service, declared};
use crate::facts::Tags;
use crate::model::{Amount, Call, Scale};
use crate::scenario::JsonPath;

/// The balances of an operation that took effect, as far as they are told.
type Told = (Option<Amount>, Option<Amount>);

impl Unresolved {
    /// `None`: nothing is known of it, which may still change.
    pub(super) async fn ask(
        &self,
        service: &Service,
        client: &mut Client,
        key: &str,
    ) -> Option<Told> {
        let call: &Arc<Call> = self.prepared.call.as_ref()?;
        match &self.prepared.meaning {
            Meaning::Bank => service.stored_answer(client, call, key).await,
            Meaning::Declared(spoken) => as_declared(service, client, spoken).await,
            Meaning::Reading(..) => None,
        }
    }
}

async fn as_declared(service: &Service, client: &mut Client, spoken: &Spoken) -> Option<Told> {
    let Spoken { operation, scope, .. } = spoken;
    let resolve = operation.resolve.as_ref()?;
    let name = &operation.name;
    let prepared: Prepared = declared::wire(
        service,
        name,
        &resolve.request,
        scope,
        None,
        &Tags::default(),
        Meaning::Bank,
    )
    .ok()?;
    let answer = service.send(client, &prepared).await.ok()?;
    let seen = Seen::new(&answer, Duration::ZERO);
    seen.is(&resolve.applied, scope).ok()?;
    let scale = operation.effect().map_or(Scale::WHOLE, |effect| effect.scale);
    let at = |path: Option<&JsonPath>| seen.amount(path?, scale);
    Some(spoken.balances(0, at(resolve.balance.as_ref()), at(resolve.to_balance.as_ref())))
}
