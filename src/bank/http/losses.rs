use std::sync::Mutex;

use hyper::StatusCode;
use thiserror::Error;

use super::routes::Route;
use crate::bank::share::Share;

/// Which answers never reach their client.
#[derive(Debug)]
pub(crate) struct Losses {
    share: Share,
    random: Mutex<fastrand::Rng>,
}

/// An update was applied, and its client shall not hear of it: the connection
/// closes instead.
#[derive(Debug, Error)]
#[error("an answer was lost on purpose")]
pub(crate) struct AnswerLost;

impl Losses {
    /// The same seed loses the same answers, counted in the order in which
    /// they are ready.
    pub(crate) fn new(share: Share, seed: u64) -> Self {
        Self { share, random: Mutex::new(fastrand::Rng::with_seed(seed)) }
    }

    pub(super) fn share(&self) -> Share {
        self.share
    }

    /// Only what was applied can be lost: after a refusal nobody has to wonder.
    pub(super) fn take(&self, route: Option<Route<'_>>, status: StatusCode) -> bool {
        let applied = route.is_some_and(Route::is_update) && status == StatusCode::OK;
        !self.share.is_none() && applied && {
            let mut random = self.random.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            self.share.draw(&mut random)
        }
    }
}
