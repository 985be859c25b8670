use std::net::SocketAddr;
use std::time::Duration;

use tokio_postgres::Config;

use crate::explore::{Applied, Monitor, Proxy, Scheduler, Trouble};

/// A proxy before this server, at this address, which makes a change of the service.
pub(in crate::cli::explore) async fn between(
    server: &Config,
    address: SocketAddr,
    timeout: Duration,
    applied: &Applied,
) -> Result<(Proxy, Scheduler), Trouble> {
    let monitor = Monitor::connect(server).await?;
    let settings: Vec<(&str, &str)> =
        monitor.deadlock_setting().into_iter().chain(applied.setting()).collect();
    let started = Proxy::start_at(address, server, &settings).await;
    let (proxy, events) = started.map_err(|error| Trouble::Listen(error.to_string()))?;
    let is_read_committed = monitor.is_read_committed().await?;
    let scheduler = Scheduler::new(events, monitor, timeout).applying(applied);
    Ok((proxy, if is_read_committed { scheduler } else { scheduler.above_read_committed() }))
}
