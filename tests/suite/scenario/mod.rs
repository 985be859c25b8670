//! Scenario files as a user meets them.

mod broken;
mod docs;
mod hostile;
mod includes;
mod property;
mod schema;
mod shipped;
mod valid;
