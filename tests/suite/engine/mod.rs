//! The load models, on a service that answers at once, or does not.

mod arrival;
mod drive;
mod iterations;
mod ramping;
mod table;
