//! Scenario files as a user meets them.

mod broken;
mod hostile;
mod includes;
mod property;
mod shipped;
mod valid;
