//! Where balances live: every SQL statement of the bank, on either database.

mod batches;
mod connection;
mod database;
mod error;
mod migrations;
mod operation;
mod outage;
mod patience;
mod pool;
mod postgres;
mod private_postgres;
mod proxy;
mod reach;
mod session;
mod sole;
mod spec;
mod sqlite;
mod statements;
#[expect(clippy::module_inception, reason = "the store's main type in a file of its name")]
mod store;
mod supervisor;
mod temporary;

pub use connection::{Connection, Isolation};
pub use database::{Database, DatabaseError};
pub use error::StoreError;
pub use migrations::{MigrateError, migrate};
pub use operation::{Operation, StoredAnswer};
pub use private_postgres::{PrivatePostgres, PrivatePostgresError};
pub use proxy::{Proxy, Traffic};
pub use reach::ReachError;
pub use spec::{DatabaseSpec, SpecError};
pub use store::{PoolOptions, PoolState, Store};
pub use temporary::sweep;
