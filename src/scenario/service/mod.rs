//! How a service of any kind is spoken to: the operations a scenario declares,
//! how its accounts are set and read, and what its answers mean.

mod books;
mod declared;
mod effect;
mod expected;
mod path;
mod request;
mod spots;
mod templates;
mod types;

pub(super) use books::{expression, read as read_books, reset as reset_books};
pub(super) use declared::{inline, read_all, tags};
pub use path::JsonPath;
pub(super) use request::{METHODS, optional};
pub use spots::{Part, Spots};
pub(super) use templates::{argument, json, named_in, spot_of, template};
pub use types::{
    AnyOf, Argument, Assertion, Balances, BodyTemplate, Capture, CheckRule, Comparison, Declared,
    Effect, Expected, Pattern, ReadRule, Relation, RequestTemplate, Reset, ResetStep, Resolve,
    Source, StatusSet,
};
