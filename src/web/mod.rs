//! The live page: an HTTP server that shows the runs on a
//! [board](crate::report::live::Board), and lets a person start and stop them
//! where there is a [`Control`]. It knows nothing of how runs are made.

mod control;
mod guard;
mod refusal;
mod reply;
mod routes;
mod server;
mod stream;

pub use control::{
    Control, ModeOffer, Offer, ScenarioOffer, StartError, Started, TargetOffer, Wish, WorkloadOffer,
};
pub use server::{Web, WebError, WebOptions};
