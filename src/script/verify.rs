//! `verify(run)`: a script's own judgement of a run.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::functions::VERIFY;
use super::program::Shared;
use super::state::Role;
use crate::engine::{Cut, Outturn, Vu};
use crate::facts::{Check, Event, Mismatch};

impl Shared {
    /// An error counts like an expectation that failed.
    pub(super) async fn verify(&self, vu: &Arc<Vu>, run: &Outturn) {
        let error = match self.call_verify(vu, run).await {
            Ok(()) | Err(Cut::Stopped) => return,
            Err(Cut::Error(error)) => error,
        };
        let expected = "verify(run) ends without an error".to_owned();
        vu.emit(Event::Check(Check {
            workload: vu.seat.workload,
            name: VERIFY.into(),
            passed: false,
            tags: vu.seat.tags.clone(),
            counts: true,
            mismatch: Some(Arc::new(Mismatch { expected, actual: error })),
        }));
    }

    async fn call_verify(&self, vu: &Arc<Vu>, run: &Outturn) -> Result<(), Cut> {
        let state = self.state(vu, Role::Verifier).await?;
        let run = state.value(&described(run, self.seed))?;
        let data = state.value(self.data())?;
        state.call::<()>(VERIFY, (run, data)).await.map(drop)
    }
}

/// The table that `verify` gets.
fn described(run: &Outturn, seed: u64) -> Json {
    let standing = &run.standing;
    let total = run.balances.values().map(|balance| i128::from(*balance)).sum::<i128>();
    json!({
        "initial": run.initial,
        "balances": run.balances,
        // Lua has no integers that are larger.
        "total": i64::try_from(total).map_or(json!(total as f64), |total| json!(total)),
        "operations": {
            "ok": standing.ok,
            "rejected": standing.rejected,
            "failed": standing.failed,
            "unknown": standing.unknown,
        },
        "checks": { "passes": standing.checks_passed, "fails": standing.checks_failed },
        "iterations": standing.iterations,
        "elapsed": run.elapsed.as_secs_f64(),
        "seed": seed,
    })
}
