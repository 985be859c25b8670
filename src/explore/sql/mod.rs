//! SQL as text: enough of its grammar to name a statement without its values,
//! to put values in, and to tell what needs no order. Pure.

mod bind;
mod local;
mod name;
mod tokens;

pub use bind::with_values;
pub use local::{Kind, kind};
pub use name::name;
