//! Operations that the scenario declares, called one at a time by a script.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Cut, Vu};
use crate::facts::Tags;
use crate::model::{Amount, Outcome};
use crate::plan::Drawn;
use crate::scenario::Declared;
use crate::template::{Scope, Value};

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Called {
    pub outcome: Outcome,
    pub balance: Option<Amount>,
    pub to_balance: Option<Amount>,
    pub status: Option<u16>,
    pub error: Option<Arc<str>>,
    pub took: Duration,
    /// What the operation captures, where it was done.
    pub captured: BTreeMap<Arc<str>, Value>,
}

impl Vu {
    /// Runs a declared operation once. Its templates see `arguments`, and then
    /// what `scope` has, the iteration's, which keeps what is captured. The error
    /// says what cannot be a request, or what the answer lacks.
    pub async fn call(
        self: &Arc<Self>,
        operation: &Arc<Declared>,
        arguments: Vec<(Arc<str>, Value)>,
        scope: &Arc<Scope>,
        tags: &Tags,
    ) -> Result<Called, Cut> {
        let own = scope.inner();
        for (name, value) in arguments {
            own.set(name, value);
        }
        let drawn = Drawn::Declared { operation: operation.clone(), scope: Arc::new(own) };
        let prepared = self.prepare(drawn, scope, tags, None).map_err(Cut::Error)?;
        let done = self.perform(&prepared, None, None).await?;
        let mut captured = scope.own();
        let is_captured =
            |name: &Arc<str>| operation.captures.iter().any(|capture| capture.name == *name);
        captured.retain(|name, _| done.outcome == Outcome::Ok && is_captured(name));
        Ok(Called {
            outcome: done.outcome,
            balance: done.balance,
            to_balance: done.to_balance,
            status: done.status,
            error: done.error,
            took: done.took,
            captured,
        })
    }
}
