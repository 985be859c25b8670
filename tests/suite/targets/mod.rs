//! Targets that misbehave, written by hand over TCP: what becomes of a request,
//! of the run, and what is said about it.

mod declared;
mod heads;
mod lengths;
mod redirects;
mod retries;
mod scripted;
mod silence;
mod wild;
