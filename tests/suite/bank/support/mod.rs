//! What the bank's tests share.

mod conformity;
mod databases;
mod gate;
mod http;
mod pgbouncer;
mod proxy;

pub(crate) use databases::fresh_url;
pub(in crate::bank) use databases::{Kind, admin, cluster, database, postgres};
pub(crate) use gate::{Guard, gate};
pub(crate) use http::{Answer, get, post, request, send};
pub(crate) use pgbouncer::{PgBouncer, PoolMode};
pub(in crate::bank) use proxy::Proxy;

use bankrun::bank::{Bank, BankOptions, Database};

/// A bank on `database`; it listens on a free port.
pub(crate) async fn start(database: &Database, options: BankOptions) -> Bank {
    Bank::start(database, options).await.expect("the bank starts")
}

/// Waits until `condition` holds, for at most ten seconds.
pub(crate) async fn eventually<F, Fut>(what: &str, mut condition: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !condition().await {
        assert!(std::time::Instant::now() < deadline, "it never happened: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
