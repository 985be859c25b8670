//! SQL as text: enough of its grammar to name a statement without its values,
//! to put values in, to tell what needs no order, and to add a lock to a query.
//! Pure.

mod bind;
mod isolation;
mod local;
mod locking;
mod name;
mod relation;
mod tokens;

pub use bind::with_values;
pub use isolation::{IsolationScope, sets_isolation};
pub use local::{Kind, kind};
pub use locking::{NotLockable, with_for_update};
pub use name::name;
pub use relation::{Relation, begins_with, read_relations, written_relations};
