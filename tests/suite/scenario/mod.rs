//! Scenario files as a user meets them.

mod broken;
mod hostile;
mod property;
mod shipped;
mod valid;
