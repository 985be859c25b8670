//! What is seen while a run goes, on standard error.

mod bars;
mod lines;
mod orders;
mod several;
mod view;
mod wire;

pub use bars::Bars;
pub use lines::Lines;
pub use orders::Orders;
pub use several::Several;
pub use view::{Goal, Silent, View};
pub use wire::wire;
